/** The brokers that blob events go through, for tests that run on each. */
import { EVENTS, ERRORS } from '../../src/adapters/rabbitmq/topology';
import { createRabbitBroker } from '../../src/adapters/rabbitmq/blob-event-broker';
import { BLOB_ERROR_QUEUE, BLOB_EVENT_QUEUE } from '../../src/domain/storage-layout';
import { hasRabbit, startRabbit, type RabbitUnderTest } from './rabbitmq-under-test';
import type { StorageUnderTest } from './storage-under-test';

export interface BrokerUnderTest {
  readonly settings: Readonly<Record<string, string>>;
  readonly rabbit?: RabbitUnderTest;
  /** Longest message that it carries, in bytes. */
  readonly longest: number;
  /** Puts a message in as a stranger would. */
  send(storage: StorageUnderTest, content: Buffer): Promise<void>;
  /** Takes all messages out of the error queue: their bodies. */
  takeErrors(storage: StorageUnderTest): Promise<Record<string, unknown>[]>;
  stop(): Promise<void>;
}

export const brokers: Readonly<Record<string, () => Promise<BrokerUnderTest>>> = {
  'the storage queue': async () => ({
    settings: {},
    longest: 48 * 1024,
    async send({ clients }, content) {
      const utf8 = content.toString('utf8');
      const plain = Buffer.from(utf8).equals(content) ? utf8 : content.toString('base64');
      await clients.queues().getQueueClient(BLOB_EVENT_QUEUE).sendMessage(plain);
    },
    async takeErrors({ clients }) {
      const queue = clients.queues().getQueueClient(BLOB_ERROR_QUEUE);
      const { receivedMessageItems } = await queue.receiveMessages({ numberOfMessages: 32 });
      for (const { messageId, popReceipt } of receivedMessageItems) await queue.deleteMessage(messageId, popReceipt);
      return receivedMessageItems.map(
        ({ messageText }) => (JSON.parse(messageText) as { message: Record<string, unknown> }).message,
      );
    },
    stop: () => Promise.resolve(),
  }),
  ...(hasRabbit ? { RabbitMQ: startRabbitBroker } : {}),
};

async function startRabbitBroker(): Promise<BrokerUnderTest> {
  const rabbit = await startRabbit();
  const broker = createRabbitBroker({ url: rabbit.url, describes: 'the test’s' });
  await broker.declare();
  await broker.stop();
  const channel = async () => (await rabbit.connection()).createChannel();
  let open = await channel();
  return {
    settings: { RABBITMQ_URL: rabbit.url },
    rabbit: {
      ...rabbit,
      async outage(back) {
        await rabbit.outage(back);
        open = await channel();
      },
    },
    longest: 5 * 1024 * 1024,
    send: async (_storage, content) => void open.sendToQueue(EVENTS, content, { persistent: true }),
    async takeErrors() {
      const taken: Record<string, unknown>[] = [];
      for (;;) {
        const message = await open.get(ERRORS, { noAck: true });
        if (!message) return taken;
        taken.push(JSON.parse(message.content.toString()) as Record<string, unknown>);
      }
    },
    stop: () => rabbit.stop(),
  };
}
