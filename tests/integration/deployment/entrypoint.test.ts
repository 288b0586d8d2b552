/** What the image starts, on a real account: checks, then the host's command. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { projectRoot } from '../../drivers/app-under-test';
import { startStorage, type StorageUnderTest } from '../../drivers/storage-under-test';

let storage: StorageUnderTest;
beforeAll(async () => {
  storage = await startStorage({ PIPELINES: 'media,blob-events', BLOB_EVENTS_BATCH_SIZE: '1' });
});
afterAll(() => storage.stop());

function start(
  settings: Readonly<Record<string, string>>,
  ...command: string[]
): { child: ChildProcess; said: () => string } {
  const entrypoint = path.join(projectRoot, 'dist', 'src', 'entrypoint.js');
  const child = spawn(process.execPath, [entrypoint, ...command], { env: { PATH: process.env['PATH'], ...settings } });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return { child, said: () => output };
}

const node = (script: string): string[] => [process.execPath, '-e', script];

test('hands the host the settings that follow from ours, leaves alone what was set, and ends as it does', async () => {
  const { child, said } = start(
    { ...storage.settings, AzureFunctionsJobHost__extensions__queues__newBatchThreshold: '7' },
    ...node('console.log(JSON.stringify(process.env)); process.exit(5)'),
  );
  expect(await once(child, 'close')).toEqual([5, null]);
  expect(JSON.parse(said())).toMatchObject({
    PIPELINES: 'media,blob-events',
    FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: String(96 * 1024 * 1024),
    AzureFunctionsJobHost__extensions__queues__batchSize: '1',
    AzureFunctionsJobHost__extensions__queues__newBatchThreshold: '7',
  });
});

test('passes on the signal that ends it', async () => {
  const waits =
    "process.on('SIGTERM', () => { console.log('drained'); process.exit(0) }); console.log('up'); setInterval(() => {}, 1e6)";
  const { child, said } = start(storage.settings, ...node(waits));
  await once(child.stdout!, 'data');
  child.kill('SIGTERM');
  expect(await once(child, 'close')).toEqual([0, null]);
  expect(said()).toBe('up\ndrained\n');
});

test('ends with 78 and the setting’s name where one is wrong, and starts nothing', async () => {
  const { child, said } = start({ ...storage.settings, UPLOAD_MAX_MB: 'lots' }, ...node("console.log('started')"));
  expect(await once(child, 'close')).toEqual([78, null]);
  expect(said()).toMatch(/UPLOAD_MAX_MB/);
  expect(said()).not.toMatch(/started/);
});

test('says so when there is no such command', async () => {
  const { child, said } = start(storage.settings, '/no/such/host');
  expect(await once(child, 'close')).toEqual([127, null]);
  expect(said()).toMatch(/The host cannot be started: .*ENOENT/);
});
