import type { MessageQueue } from '../../ports/message-queue';
import type { OrderPublisher } from '../../ports/order-publisher';

/** A storage queue keeps no order, so that many go at once; `atOnce` 1 sends one after the other all the same. */
export function createQueuePublisher(messages: MessageQueue, queue: string, atOnce: number): OrderPublisher {
  return {
    async send(orders) {
      const left = orders.values();
      const lane = async (): Promise<void> => {
        for (const { text } of left) await messages.send(queue, text);
      };
      await Promise.all(Array.from({ length: Math.min(atOnce, orders.length) }, lane));
    },
    close: () => Promise.resolve(),
  };
}
