import { createGroupInbox } from '../../../../src/adapters/azure-storage/group-inbox';
import { createWatchStore } from '../../../../src/adapters/azure-storage/watch-store';
import { tables } from '../../../../src/domain/storage-layout';
import { groupInboxContract, watchStoreContract } from '../../../contracts/stores';
import { startStorage, type StorageUnderTest } from '../../../drivers/storage-under-test';
import { TestClock } from '../../../fakes/test-clock';

let storage: StorageUnderTest;
beforeAll(async () => {
  storage = await startStorage();
});
afterAll(() => storage.stop());

groupInboxContract('Azure Tables', () => {
  const clock = new TestClock();
  let monotonic = 0;
  return {
    inbox: createGroupInbox(storage.clients, tables.inbox, clock, () => monotonic),
    clock,
    moveMonotonic: (ms) => void (monotonic += ms),
  };
});
watchStoreContract('Azure Tables', () => createWatchStore(storage.clients, tables.share));
