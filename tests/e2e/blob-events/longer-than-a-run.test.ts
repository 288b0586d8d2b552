/**
 * A move that takes longer than the host lets a function run (`functionTimeout`, here 5 s): storage holds its answers back until
 * the message was handed on and came again. No run is ended by the host, nothing is given up, and the blob is moved once.
 */
import { startApp } from '../../drivers/app-under-test';
import { blobFront } from '../../drivers/blob-front';
import { movedBlob, namesIn, putIncoming, scanNow } from '../../drivers/blob-events-under-test';

test('a move outlasts the time of a run', async () => {
  const front = await blobFront();
  const app = await startApp((storage) => ({
    PIPELINES: 'blob-events',
    // The scan runs when it is told to.
    BLOB_EVENTS_SCHEDULE: '0 0 0 1 1 *',
    AzureFunctionsJobHost__functionTimeout: '00:00:05',
    AzureWebJobsStorage: front.before(storage),
  }));
  try {
    const { clients, config } = app.storage;
    const etag = await putIncoming(clients, 'slow.bin', 'slowly');
    front.hold(/^GET \/[^/]+\/incoming\/slow\.bin/);
    await scanNow(app.url);
    const lines = (pattern: RegExp): string[] => app.lines.filter((line) => pattern.test(line));
    await app.until(
      async () => lines(/^Executing 'Functions\.blob-event-queued'/).length >= 2 || lines(/Timeout value/).length > 0,
    );
    front.release();
    const moved = await app.until(() => movedBlob(clients, config.storage.account, 'slow.bin', etag));
    expect(moved.text).toBe('slowly');
    await app.line(/"Blob event (settled|is a duplicate of one already done)".*slow\.bin/);
    expect([await namesIn(clients, 'incoming'), (await namesIn(clients, 'processed')).length]).toEqual([[], 1]);
    expect(lines(/Blob event is handed on/)).not.toEqual([]);
    expect(lines(/Timeout value|Failed|dead letter/)).toEqual([]);
  } finally {
    await app.stop();
    await front.stop();
  }
}, 90_000);
