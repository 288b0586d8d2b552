import { createBlobStore } from '../../../../src/adapters/azure-storage/blob-store';
import { createDeadLetterStore } from '../../../../src/adapters/azure-storage/dead-letter-store';
import { createDirectUploads } from '../../../../src/adapters/azure-storage/direct-uploads';
import { createInbox } from '../../../../src/adapters/azure-storage/inbox';
import { createMediaRecords } from '../../../../src/adapters/azure-storage/media-records';
import { createOrderLedger } from '../../../../src/adapters/azure-storage/order-ledger';
import { createParkedOrders } from '../../../../src/adapters/azure-storage/parked-orders';
import { createMessageQueue } from '../../../../src/adapters/azure-storage/message-queue';
import { orderKey } from '../../../../src/domain/orders/order-event';
import { DEAD_LETTER_CONTAINER, PARKED_CONTAINER, tables } from '../../../../src/domain/storage-layout';
import type { BlobRef } from '../../../../src/ports/blob-store';
import { blobStoreContract } from '../../../contracts/blob-store';
import {
  deadLetterContract,
  directUploadsContract,
  inboxContract,
  mediaRecordsContract,
  orderLedgerContract,
  parkedOrdersContract,
} from '../../../contracts/stores';
import { startStorage, type StorageUnderTest } from '../../../drivers/storage-under-test';
import { TestClock } from '../../../fakes/test-clock';

let storage: StorageUnderTest;
beforeAll(async () => {
  storage = await startStorage();
});
afterAll(() => storage.stop());

const blob = (ref: BlobRef) => storage.clients.blobs().getContainerClient(ref.container).getBlockBlobClient(ref.name);

blobStoreContract('Azure Blob Storage', () => ({
  store: createBlobStore(storage.clients),
  put: async (ref, content) => (await blob(ref).upload(content, Buffer.byteLength(content))).etag ?? '',
  remove: async (ref) => void (await blob(ref).delete()),
  text: async (ref) => ((await blob(ref).exists()) ? (await blob(ref).downloadToBuffer()).toString() : undefined),
}));
inboxContract('Azure Tables', () => {
  const clock = new TestClock();
  return { inbox: createInbox(storage.clients, tables.inbox, clock), clock };
});
directUploadsContract('Azure Tables', () => createDirectUploads(storage.clients, tables.uploads));
mediaRecordsContract('Azure Tables', () => createMediaRecords(storage.clients, tables.media));
orderLedgerContract('Azure Tables', () => {
  const clock = new TestClock();
  return { ledger: createOrderLedger(storage.clients, tables.orders, clock), clock };
});
it('fails when the table of the ledger is gone, and does not ask without an end', async () => {
  const ledger = createOrderLedger(storage.clients, 'nosuchtable', new TestClock());
  const keys = ['1', '2'].map((requestId) =>
    orderKey({ schemaVersion: '1.0', tenantId: 't', orderId: 'o', requestId }),
  );
  const events = keys.map((key) => ({ key, outcome: 'done' as const, sequence: 1 }));
  for (const some of [1, 2]) {
    await expect(ledger.claim(keys.slice(0, some), 'a', 1000)).rejects.toMatchObject({ statusCode: 404 });
    await expect(ledger.settle(events.slice(0, some), 'a')).rejects.toMatchObject({ statusCode: 404 });
  }
});
parkedOrdersContract('Azure Storage', () => createParkedOrders(storage.clients, tables.parked, PARKED_CONTAINER));
deadLetterContract('Azure Storage', () =>
  createDeadLetterStore(storage.clients, tables.deadLetters, DEAD_LETTER_CONTAINER),
);

describe('Azure Queues', () => {
  it('holds the text as it is, without an end', async () => {
    await createMessageQueue(storage.clients).send('jobqueue', '{"plain":"ü"}');
    const { receivedMessageItems } = await storage.clients.queues().getQueueClient('jobqueue').receiveMessages();
    expect(receivedMessageItems[0]).toMatchObject({ messageText: '{"plain":"ü"}' });
    expect(receivedMessageItems[0]!.expiresOn.getUTCFullYear()).toBeGreaterThan(9000);
  });
});
