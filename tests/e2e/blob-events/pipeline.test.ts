/** Blob events through the storage queue: from a blob in `incoming` to its verified copy in `processed` (B1 to B3). */
import { startApp, type AppUnderTest } from '../../drivers/app-under-test';
import { movedBlob, namesIn, putIncoming, scanNow } from '../../drivers/blob-events-under-test';

const SETTINGS = { PIPELINES: 'blob-events', BLOB_EVENTS_SCHEDULE: '0 0 0 1 1 *' };
let app: AppUnderTest;
beforeAll(async () => {
  app = await startApp(SETTINGS);
}, 60_000);
afterAll(() => app.stop());

const clients = () => app.storage.clients;
const account = () => app.storage.config.storage.account;

it('moves blobs to processed, with their bytes, their metadata and where they were', async () => {
  const names = ['plain.txt', '2024/07/15/invoice.pdf', 'ümläut/日本 & co+%.txt', 'empty'];
  const etags = new Map<string, string>();
  for (const name of names)
    etags.set(name, await putIncoming(clients(), name, name === 'empty' ? '' : `bytes of ${name}`, { by: 'tester' }));
  await scanNow(app.url);
  for (const name of names) {
    const moved = await app.until(async () => movedBlob(clients(), account(), name, etags.get(name)!));
    expect(moved.text).toBe(name === 'empty' ? '' : `bytes of ${name}`);
    expect(moved.metadata).toMatchObject({
      by: 'tester',
      sluice_source: encodeURIComponent(name).replaceAll('%2F', '/'),
    });
  }
  await app.until(async () => (await namesIn(clients(), 'incoming')).length === 0);
});
