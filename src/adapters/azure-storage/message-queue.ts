import type { MessageQueue } from '../../ports/message-queue';
import type { StorageClients } from './clients';

/** Plain text, not base64: host.json says `messageEncoding: none`. Messages never expire, since an unread one is not done. */
export function createMessageQueue(clients: StorageClients): MessageQueue {
  return {
    async send(queue, text) {
      await clients.queues().getQueueClient(queue).sendMessage(text, { messageTimeToLive: -1 });
    },
  };
}
