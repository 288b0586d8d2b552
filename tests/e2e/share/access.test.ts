/** Acceptance criterion 6 of source 001: with settings or access that cannot work the start ends with 78 and says what is missing. */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { projectRoot } from '../../drivers/app-under-test';
import { shareFolders, shareSettings } from '../../drivers/share-under-test';
import { startStorage, type StorageUnderTest } from '../../drivers/storage-under-test';

let storage: StorageUnderTest;
beforeAll(async () => {
  storage = await startStorage((place) => shareSettings(place));
});
afterAll(() => storage.stop());

async function preflight(over: Readonly<Record<string, string>>): Promise<{ code: number | null; text: string }> {
  const child = spawn(process.execPath, [path.join(projectRoot, 'dist', 'scripts', 'preflight.js')], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...storage.settings, ...over },
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, text };
}

it('passes with what works, and says which access it is', async () => {
  const { code, text } = await preflight({});
  expect(text).toContain('Share: container ingest by connection string (APP_AZURE_CONNECTION_STRING).');
  expect(code).toBe(0);
});

it('6: names the required settings that are missing', async () => {
  const { code, text } = await preflight({ APP_AZURE_ACCOUNT_URL: '', APP_AZURE_CONTAINER: '' });
  expect(code).toBe(78);
  expect(text).toMatch(/SETTINGS_INVALID APP_AZURE_ACCOUNT_URL: found nothing; accepted: .*for example/);
  expect(text).toMatch(/SETTINGS_INVALID APP_AZURE_CONTAINER: found nothing/);
});

it('6: names the credentials that are missing', async () => {
  const { code, text } = await preflight({ APP_AZURE_CONNECTION_STRING: '' });
  expect(code).toBe(78);
  expect(text).toMatch(
    /CREDENTIAL_MISSING APP_AZURE_CONNECTION_STRING: .*APP_AZURE_ACCOUNT_NAME and APP_AZURE_ACCOUNT_KEY/,
  );
});

it('6: says what storage answered to a wrong key, and never shows the key', async () => {
  const key = Buffer.from('not the key, but a secret').toString('base64');
  const { code, text } = await preflight({
    APP_AZURE_CONNECTION_STRING: '',
    APP_AZURE_ACCOUNT_NAME: 'devstoreaccount1',
    APP_AZURE_ACCOUNT_KEY: key,
  });
  expect(code).toBe(78);
  expect(text).toMatch(
    /No access to http.* gets in\. Tried account key \(APP_AZURE_ACCOUNT_NAME, APP_AZURE_ACCOUNT_KEY\): 403/,
  );
  expect(text).not.toContain(key);
});

it('names a share that is not there', async () => {
  const missing = path.join(shareFolders(storage.folder).incoming, 'not', 'mounted');
  const { code, text } = await preflight({ APP_NFS_INCOMING_DIR: missing });
  expect(code).toBe(78);
  expect(text).toContain(`APP_NFS_INCOMING_DIR=${missing}: this folder does not exist. Is the share mounted?`);
});
