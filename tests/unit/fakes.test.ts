import { blobStoreContract } from '../contracts/blob-store';
import { documentStoreContract } from '../contracts/document-store';
import { embedderContract } from '../contracts/embedder';
import { memoryDocumentStore } from '../fakes/memory-document-store';
import { memoryEmbedder } from '../fakes/memory-embedder';
import { memoryBlobEventLedger, memoryBroker } from '../fakes/memory-blob-events';
import { blobEventLedgerContract, brokerContract } from '../contracts/blob-events';
import { toEnvelope } from '../../src/domain/blob-events/delivery';
import { createMemoryOrderLedger } from '../../src/adapters/memory/order-ledger';
import {
  orderLedgerContract,
  parkedOrdersContract,
  deadLetterContract,
  directUploadsContract,
  inboxContract,
  mediaRecordsContract,
} from '../contracts/stores';
import { MemoryBlobStore } from '../fakes/memory-blob-store';
import {
  memoryDeadLetters,
  memoryDirectUploads,
  memoryInbox,
  memoryMediaRecords,
  memoryParkedOrders,
} from '../fakes/memory-stores';
import { TestClock } from '../fakes/test-clock';

blobStoreContract('The memory blob store', () => {
  const store = new MemoryBlobStore();
  return {
    store,
    put: async (ref, content) => store.put(ref, content),
    remove: async (ref) => store.lose(ref),
    text: async (ref) => store.text(ref),
  };
});
inboxContract('The memory inbox', () => {
  const clock = new TestClock();
  return { inbox: memoryInbox(clock), clock };
});
directUploadsContract('The memory announcements', memoryDirectUploads);
mediaRecordsContract('The memory records', memoryMediaRecords);
deadLetterContract('The memory dead letters', memoryDeadLetters);
orderLedgerContract('The memory ledger', () => {
  const clock = new TestClock();
  return { ledger: createMemoryOrderLedger(clock), clock };
});
parkedOrdersContract('The memory parking', memoryParkedOrders);
blobEventLedgerContract('memory', memoryBlobEventLedger);
brokerContract('memory', async () => {
  const broker = memoryBroker();
  return {
    broker,
    take: async (queue) =>
      (queue === broker.queues.events ? broker.events : broker.errors).map(({ id, text, headers }) =>
        toEnvelope(text, { message_id: id, ...headers }),
      ),
  };
});
embedderContract('The memory embedder', async () => ({ embedder: memoryEmbedder() }));
documentStoreContract('The memory store of documents', async () => {
  const store = memoryDocumentStore();
  return { store, again: async () => store };
});
