/** Where blob events are kept, on the real storage. */
import { createBlobEventLedger } from '../../../../src/adapters/azure-storage/blob-event-ledger';
import { createBlobEventQueues } from '../../../../src/adapters/azure-storage/blob-event-queues';
import { createBlobListing } from '../../../../src/adapters/azure-storage/blob-listing';
import { INCOMING_CONTAINER, versionId } from '../../../../src/domain/blob-events/blob-event';
import { ledgerKey } from '../../../../src/domain/blob-events/ledger-key';
import { tables } from '../../../../src/domain/storage-layout';
import { blobEventLedgerContract, brokerContract } from '../../../contracts/blob-events';
import { putIncoming } from '../../../drivers/blob-events-under-test';
import { startStorage, type StorageUnderTest } from '../../../drivers/storage-under-test';

let storage: StorageUnderTest;
beforeAll(async () => {
  storage = await startStorage();
});
afterAll(() => storage.stop());

let partition = 0;
blobEventLedgerContract('Azure Tables', () =>
  createBlobEventLedger(storage.clients, tables.blobEvents, `container${++partition}`),
);

brokerContract('Azure Queues', async () => {
  const broker = createBlobEventQueues(storage.clients);
  for (const queue of Object.values(broker.queues))
    await storage.clients.queues().getQueueClient(queue).clearMessages();
  return {
    broker,
    async take(queue) {
      const taken: string[] = [];
      for (let more = true; more;) {
        const client = storage.clients.queues().getQueueClient(queue);
        const { receivedMessageItems } = await client.receiveMessages({ numberOfMessages: 32 });
        taken.push(...receivedMessageItems.map(({ messageText }) => messageText));
        more = receivedMessageItems.length > 0;
      }
      return taken;
    },
  };
});

describe('Azure Blob Storage as a BlobListing', () => {
  it('lists names and versions, in an order that the keys of the ledger have too', async () => {
    const names = ['z', 'a/b', 'a-b', 'a', 'ü/日本 + & %', 'A', 'a b'];
    const etags = new Map<string, string>();
    for (const name of names) etags.set(name, await putIncoming(storage.clients, name, name));
    const listed: { name: string; etag: string }[] = [];
    for await (const page of createBlobListing(storage.clients).pages(INCOMING_CONTAINER)) listed.push(...page);
    expect(new Set(listed.map(({ name }) => name))).toEqual(new Set(names));
    const keys = listed.map(({ name }) => ledgerKey(name));
    expect(keys).toEqual([...keys].sort());
    // Bare here, quoted there, and one id.
    for (const { name, etag } of listed)
      expect(versionId('me', INCOMING_CONTAINER, name, etag)).toBe(
        versionId('me', INCOMING_CONTAINER, name, etags.get(name)!),
      );
  });
});
