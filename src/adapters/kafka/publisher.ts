import type { KafkaAccess } from '../../config/order-backends';
import type { OrderPublisher } from '../../ports/order-publisher';
import { kafkaClient } from './client';

/** Acknowledged by all replicas in sync. @throws Error when no broker answers */
export async function createKafkaPublisher(access: KafkaAccess): Promise<OrderPublisher> {
  const { Partitioners } = require('kafkajs') as typeof import('kafkajs');
  const producer = kafkaClient(access).producer({
    allowAutoTopicCreation: false,
    createPartitioner: Partitioners.DefaultPartitioner,
  });
  await producer.connect();
  return {
    async send(orders) {
      await producer.send({
        topic: access.topic,
        acks: -1,
        messages: orders.map(({ key, text }) => ({ key, value: text })),
      });
    },
    close: () => producer.disconnect(),
  };
}
