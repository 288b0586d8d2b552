/** `npm run orders:publish` into each backend (O5). */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { createKafkaTopic } from '../../../src/adapters/kafka/topic';
import { loadConfig } from '../../../src/config/config';
import { projectRoot } from '../../drivers/app-under-test';
import { startEventHubs } from '../../drivers/event-hubs-server';
import { describeKafka, startKafka } from '../../drivers/kafka-under-test';
import { startStorage, type StorageUnderTest } from '../../drivers/storage-under-test';

let storage: StorageUnderTest;
beforeAll(async () => {
  storage = await startStorage();
});
afterAll(() => storage.stop());

async function publish(
  settings: Readonly<Record<string, string>>,
  ...args: readonly string[]
): Promise<{ code: number | null; text: string }> {
  const child = spawn(process.execPath, [path.join(projectRoot, 'dist', 'scripts', 'orders-publish.js'), ...args], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...storage.settings, ...settings },
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, text };
}

const some = ['--count', '50', '--rate', '1000', '--poison', '10%'];

it('fills the queue, and says what it sent', async () => {
  const { code, text } = await publish({}, ...some);
  expect(text).toMatch(
    /^Sent 50 to queue orders in [\d.]+ s \([\d.]+\/s\): \d+ events, 0 again, \d+ that are no orders\./,
  );
  expect(code).toBe(0);
  const properties = await storage.clients.queues().getQueueClient('orders').getProperties();
  expect(properties.approximateMessagesCount).toBe(50);
});

it('fills an event hub', async () => {
  const server = await startEventHubs('orders', 4);
  try {
    const { code, text } = await publish(
      { EVENTHUB_CONNECTION_STRING: server.connectionString },
      ...['--backend', 'eventhub'],
      ...some,
    );
    expect(text).toContain('Sent 50 to event hub orders');
    expect(code).toBe(0);
    expect(server.partitions.reduce((sum, { events }) => sum + events.length, 0)).toBe(50);
  } finally {
    await server.stop();
  }
});

it('says what is missing for a backend that is not set up', async () => {
  const { code, text } = await publish({}, '--backend', 'kafka');
  expect(text).toContain('SETTINGS_INVALID KAFKA_BROKERS: found nothing, and --backend is kafka');
  expect(code).toBe(78);
});

it('names the broker that does not answer, and what to look at', async () => {
  const { code, text } = await publish({ KAFKA_BROKERS: '127.0.0.1:1' }, '--backend', 'kafka');
  expect(text).toContain('The orders could not be sent to Kafka topic orders: ');
  expect(text).toContain('Do the brokers of KAFKA_BROKERS (127.0.0.1:1) answer');
  expect(code).toBe(1);
});

describeKafka('with a broker', () => {
  it('fills a topic', async () => {
    const kafka = await startKafka();
    try {
      await kafka.createTopic('orders', 4);
      const settings = { KAFKA_BROKERS: kafka.brokers };
      const { code, text } = await publish(settings, '--backend', 'kafka', ...some);
      expect(text).toContain('Sent 50 to Kafka topic orders');
      expect(code).toBe(0);
      const loaded = loadConfig({ ...storage.settings, ...settings, BACKEND_MODE: 'kafka' });
      if (!loaded.ok || !loaded.config.orders.backends.kafka) throw new Error(JSON.stringify(loaded));
      const topic = createKafkaTopic(loaded.config.orders.backends.kafka);
      expect((await topic.backlog()).waiting).toBe(50);
      await topic.stop();
    } finally {
      await kafka.stop();
    }
  });
});
