/** Storage goes away for longer than all tries of a file take: nothing is given up, and all goes on by itself. */
import { randomBytes } from 'node:crypto';
import { isSoak } from '../../drivers/scale';
import { CONTAINER, filesBelow, startShare, type ShareUnderTest } from '../../drivers/share-under-test';
import { startStorage, type StorageUnderTest } from '../../drivers/storage-under-test';

const MiB = 1024 * 1024;
/** Two tries are 1 to 2 s apart. */
const settings = {
  APP_MAX_ATTEMPTS: '2',
  APP_FAILED_QUARANTINE: '1',
  // Slow enough that some are under way when storage goes.
  APP_AZURE_MAX_BYTES_PER_S: String(6 * MiB),
  APP_AZURE_MAX_BLOCK_SIZE: '262144',
  APP_AZURE_MAX_SINGLE_PUT_SIZE: '262144',
};
const TRIES = isSoak ? 5 : 3;
/** The share's own account; tables and queues of the app stay there. */
let account: StorageUnderTest;
let share: ShareUnderTest;
beforeAll(async () => {
  account = await startStorage();
  const { AzureWebJobsStorage: connection = '' } = account.settings;
  share = await startShare({
    ...settings,
    APP_AZURE_ACCOUNT_URL: /BlobEndpoint=([^;]*)/.exec(connection)![1]!,
    APP_AZURE_CONNECTION_STRING: connection,
  });
});
afterAll(async () => {
  await share.app.stop();
  await account.stop();
});

/** How often the file that waited most has waited, as the app's log tells. */
function mostWaits(lines: readonly string[]): number {
  const waits = new Map<string, number>();
  for (const line of lines) {
    const file = /"File waits; it is not its own fault".*?"file":"([^"]*)"/.exec(line)?.[1];
    if (file !== undefined) waits.set(file, (waits.get(file) ?? 0) + 1);
  }
  return Math.max(0, ...waits.values());
}

it('counts no try while storage is away, tells the cause, and carries all afterwards', async () => {
  const content = new Map<string, Buffer>();
  for (let i = 0; i < 40; i++) content.set(`file-${i}`, randomBytes(i % 10 === 0 ? 2 * MiB : 20_000));
  for (const [name, bytes] of content) share.drop(name, bytes);
  await share.post('/v1/watch/start', { session_name: 'outage' });
  await share.untilStatus((s) => (s.in_flight as { sent: number }[]).some(({ sent }) => sent > 0));
  await account.outage(async () => {
    await share.app.until(async () => mostWaits(share.app.lines) >= TRIES);
    expect(await share.status()).toMatchObject({
      processed_err: 0,
      outage: { code: 'UPLOAD_FAILED', reason: expect.stringMatching(/No answer|ECONN|socket/) as string },
    });
  });
  const last = await share.untilStatus((s) => s.processed_ok === content.size);
  expect(last).toMatchObject({ processed_err: 0, outage: null });
  const container = account.clients.blobs().getContainerClient(CONTAINER);
  for (const [name, bytes] of content) {
    const blob = container.getBlobClient(`${String(last.date_prefix)}/outage/${name}`);
    expect([name, bytes.equals(await blob.downloadToBuffer())]).toEqual([name, true]);
  }
  expect([...filesBelow(share.folders.failed), ...filesBelow(share.folders.processing)]).toEqual([]);
  const letters = (await (await fetch(`${share.app.url}/v1/dead-letters?pipeline=nfs`)).json()) as { items: unknown[] };
  expect(letters.items).toEqual([]);
}, 240_000);
