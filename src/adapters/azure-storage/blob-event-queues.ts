import { toEnvelope } from '../../domain/blob-events/delivery';
import { BLOB_ERROR_QUEUE, BLOB_EVENT_QUEUE } from '../../domain/storage-layout';
import type { BlobEventBroker, OutgoingMessage } from '../../ports/blob-event-broker';
import type { StorageClients } from './clients';
import { createMessageQueue } from './message-queue';
import { createQueueBacklog } from './queue-backlog';

/** Messages on their way at a time. */
const LANES = 16;

/** {@link BlobEventBroker} on storage queues, which know no headers: each message is an envelope. */
export function createBlobEventQueues(clients: StorageClients): BlobEventBroker {
  const queue = createMessageQueue(clients);
  const events = createQueueBacklog(clients, BLOB_EVENT_QUEUE);
  const errors = createQueueBacklog(clients, BLOB_ERROR_QUEUE);
  const send = (name: string, { text, headers, id }: OutgoingMessage): Promise<void> =>
    queue.send(name, toEnvelope(text, { message_id: id, ...headers }));

  return {
    system: 'azure_storage_queue',
    queues: { events: BLOB_EVENT_QUEUE, errors: BLOB_ERROR_QUEUE },
    async publish(messages) {
      const left = messages.values();
      const lane = async (): Promise<void> => {
        for (const message of left) await send(BLOB_EVENT_QUEUE, message);
      };
      await Promise.all(Array.from({ length: Math.min(LANES, messages.length) }, lane));
    },
    publishError: (message) => send(BLOB_ERROR_QUEUE, message),
    async lengths() {
      const [waiting, failed] = await Promise.all([events(), errors()]);
      return { events: waiting.waiting, errors: failed.waiting };
    },
    probe: {
      name: `storage queue ${BLOB_EVENT_QUEUE}`,
      async check(signal) {
        await clients.queues().getQueueClient(BLOB_EVENT_QUEUE).getProperties({ abortSignal: signal });
      },
    },
    async declare() {
      for (const name of [BLOB_EVENT_QUEUE, BLOB_ERROR_QUEUE])
        await clients.queues().getQueueClient(name).createIfNotExists();
    },
    stop: () => Promise.resolve(),
  };
}
