import type { MessageQueue } from '../../ports/message-queue';
import type { StorageClients } from './clients';

/**
 * Plain text, not base64: host.json says `messageEncoding: none`. Only what XML 1.0 cannot carry, and would block every reader of
 * the queue, goes as base64. Messages never expire, since an unread one is not done.
 */
export function createMessageQueue(clients: StorageClients): MessageQueue {
  return {
    async send(queue, text) {
      await clients
        .queues()
        .getQueueClient(queue)
        .sendMessage(isXmlText(text) ? text : Buffer.from(text).toString('base64'), { messageTimeToLive: -1 });
    },
  };
}

/** Characters that XML 1.0 allows (https://www.w3.org/TR/xml/#charsets), line ends that it would change left out. */
function isXmlText(text: string): boolean {
  return /^[\t\n\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]*$/u.test(text);
}
