import { join } from 'node:path';
import { createLog } from '../../../../../local-host/log';
import { Ledger } from '../../../../../local-host/storage/blob-watch/ledger';
import { Publisher } from '../../../../../local-host/storage/blob-watch/publisher';
import type { Watcher } from '../../../../../local-host/storage/blob-watch/watcher';
import { VirtualClock } from '../../../../../local-host/virtual-clock';
import { temporaryFolder } from '../../temporary-folder';
import { MemoryQueue, StorageFailure } from '../memory-queue';

const folder = temporaryFolder();

test('a message leaves the ledger only once its queue has accepted it', async () => {
  const clock = new VirtualClock(0);
  const queue = new MemoryQueue('news', clock);
  const ledger = new Ledger(join(folder, 'ledger.db'), () => clock.now());
  const watcher: Watcher = {
    ...{ name: 'w', container: 'raw', wantsOld: true, matches: () => true, message: () => '' },
    queue: () => queue.client(),
  };
  const lines: string[] = [];
  const publisher = new Publisher(
    ledger,
    new Map([['w', watcher]]),
    clock,
    createLog((record) => lines.push(record.message)),
  );
  ledger.transaction(() => ledger.enqueue('w', () => 'a new blob'));
  queue.failure = new StorageFailure(503, 'ServerBusy');
  publisher.wake();
  await clock.advance(60_000);
  expect(ledger.waiting('w', 10)).toHaveLength(1);
  queue.failure = undefined;
  await clock.advance(10_000);
  expect(ledger.waiting('w', 10)).toEqual([]);
  expect(queue.texts()).toEqual(['a new blob']);
  expect(lines).toEqual([expect.stringMatching(/trying until they can/), 'New blobs are announced again.']);
  await publisher.stop();
  ledger.close();
});
