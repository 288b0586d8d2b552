/** The four kinds of metric source on the real thing: Azurite, RabbitMQ, librdkafka's mock broker, a hub that speaks AMQP. */
import { once } from 'node:events';
import net from 'node:net';
import { Kafka, logLevel } from 'kafkajs';
import type { MetricSource } from '../../../../local-host/scaler/metric-source';
import { createSources } from '../../../../local-host/scaler/sources/create-sources';
import { createLog } from '../../../../local-host/log';
import { metricSourceContract, type MetricSourceFixture } from '../../../contracts/metric-source';
import { cuttableConnection, type CuttableConnection } from '../../../drivers/cuttable-connection';
import { startEventHubs, type EventHubsServer } from '../../../drivers/event-hubs-server';
import { describeKafka, hasKafka, startKafka, type KafkaUnderTest } from '../../../drivers/kafka-under-test';
import { describeRabbit, hasRabbit, startRabbit, type RabbitUnderTest } from '../../../drivers/rabbitmq-under-test';
import { scaledObject } from '../../../unit/local-host/scaler/scaled-objects';
import { azuriteUnderTest, type AzuriteUnderTest } from '../storage/azurite-under-test';
import { eventually } from '../storage/listener-host';

const log = createLog(() => undefined);
const never = new AbortController().signal;
let count = 0;

function sourceOf(
  type: string,
  metadata: Readonly<Record<string, string>>,
  values: Readonly<Record<string, string>>,
): MetricSource {
  const [trigger] = scaledObject().triggers;
  const object = scaledObject({ triggers: [{ ...trigger!, type, metadata }] });
  const [made] = createSources([object], { settings: { values }, log }).objects;
  return made!.sources[0]!;
}

async function cutWhile(connection: CuttableConnection, during: () => Promise<void>): Promise<void> {
  connection.cut('down');
  try {
    await during();
  } finally {
    connection.restore();
  }
}

let storage: AzuriteUnderTest;
beforeAll(async () => {
  storage = await azuriteUnderTest();
});
afterAll(() => storage.stop());

describe('azure-queue', () => {
  const source = (queueName: string, more: Readonly<Record<string, string>> = {}): MetricSource =>
    sourceOf(
      'azure-queue',
      { queueName, queueLength: '1', activationQueueLength: '2', connectionFromEnv: 'AzureWebJobsStorage', ...more },
      storage.values,
    );
  const queue = (name: string) => storage.connection.queues().getQueueClient(name);
  const send = async (name: string, messages: number): Promise<void> => {
    await queue(name).createIfNotExists();
    for (let i = 0; i < messages; i++) await queue(name).sendMessage('{}');
  };

  metricSourceContract('a storage queue', (): MetricSourceFixture => {
    let name = '';
    return {
      make: () => source((name = `scaled-${++count}`)),
      add: (messages) => send(name, messages),
      async outage(during) {
        await storage.goAway();
        try {
          await during();
        } finally {
          await storage.comeBack();
        }
      },
      missing: { source: source('nowhere'), says: /^there is no queue 'nowhere'\.$/ },
    };
  });

  test('counts what is in hand too; visibleonly does not, up to 31 messages', async () => {
    const name = `scaled-${++count}`;
    await send(name, 33);
    const all = source(name);
    const visible = source(name, { queueLengthStrategy: 'visibleonly' });
    const values = async (): Promise<readonly number[]> => [
      (await all.read(never)).value,
      (await visible.read(never)).value,
    ];
    expect(await values()).toEqual([33, 33]);
    await queue(name).receiveMessages({ numberOfMessages: 1, visibilityTimeout: 600 });
    // 32 are seen: that may be all, or many more.
    expect(await values()).toEqual([33, 33]);
    await queue(name).receiveMessages({ numberOfMessages: 1, visibilityTimeout: 600 });
    expect(await values()).toEqual([33, 31]);
  });
});

describeRabbit('rabbitmq', () => {
  let rabbit: RabbitUnderTest;
  let amqp: CuttableConnection;
  let http: CuttableConnection;
  beforeAll(async () => {
    if (!hasRabbit) return;
    rabbit = await startRabbit({ management: true });
    amqp = await cuttableConnection(rabbit.port);
    http = await cuttableConnection(Number(new URL(rabbit.managementUrl).port));
  }, 120_000);
  afterAll(async () => {
    if (!hasRabbit) return;
    await Promise.all([amqp.stop(), http.stop()]);
    await rabbit.stop();
  }, 60_000);

  const source = (queueName: string, protocol: 'amqp' | 'http', more: Readonly<Record<string, string>> = {}) =>
    sourceOf(
      'rabbitmq',
      {
        ...{ queueName, protocol, hostFromEnv: protocol, mode: 'QueueLength', value: '1', activationValue: '2' },
        ...more,
      },
      {
        amqp: `amqp://guest:guest@127.0.0.1:${amqp.port}`,
        http: `http://guest:guest@127.0.0.1:${http.port}`,
      },
    );
  const server = net.createServer();
  const address = async (): Promise<string> => {
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return `amqp://guest:guest@127.0.0.1:${(server.address() as net.AddressInfo).port}`;
  };
  afterAll(() => void server.close());
  const publish = async (queue: string, messages: number): Promise<void> => {
    const channel = await (await rabbit.connection()).createConfirmChannel();
    await channel.assertQueue(queue, { durable: true });
    for (let i = 0; i < messages; i++) channel.sendToQueue(queue, Buffer.from('{}'));
    await channel.waitForConfirms();
    await channel.close();
  };

  describe.each(['http', 'amqp'] as const)('by %s', (protocol) => {
    metricSourceContract('a queue of RabbitMQ', (): MetricSourceFixture => {
      let name = '';
      return {
        make: () => source((name = `scaled.${++count}`), protocol),
        add: (messages) => publish(name, messages),
        outage: (during) => cutWhile(protocol === 'http' ? http : amqp, during),
        missing: {
          source: source('nowhere', protocol),
          says: /^127\.0\.0\.1:\d+ knows no queue 'nowhere' in this virtual host/,
        },
      };
    });
  });

  test('what is delivered and not acknowledged counts by HTTP, unless it is left out; by AMQP it never does', async () => {
    const name = `scaled.${++count}`;
    await publish(name, 5);
    const connection = await rabbit.connection();
    const channel = await connection.createChannel();
    await channel.prefetch(2);
    const held = new Promise<void>((resolve) => {
      let seen = 0;
      void channel.consume(name, () => ++seen === 2 && resolve());
    });
    await held;
    const reads = [
      [source(name, 'http'), 5],
      [source(name, 'http', { excludeUnacknowledged: 'true' }), 3],
      [source(name, 'amqp'), 3],
    ] as const;
    for (const [one, expected] of reads) {
      // The figures are some time old.
      const { value } = await eventually(async () => {
        const sample = await one.read(never);
        return sample.value === expected ? sample : undefined;
      });
      expect(value).toBe(expected);
      await one.close();
    }
    await channel.close();
  });

  test('by AMQP leaves no connection behind when it is closed while it still connects', async () => {
    await publish('awaited', 0);
    let near: net.Socket | undefined;
    let answer: () => void = () => undefined;
    const connected = new Promise<void>((resolve) => {
      server.once('connection', (socket: net.Socket) => {
        near = socket;
        const far = net.connect(rabbit.port, '127.0.0.1');
        socket.pipe(far);
        answer = () => void far.pipe(socket);
        socket.once('close', () => far.destroy());
        resolve();
      });
    });
    const late = sourceOf('rabbitmq', { queueName: 'awaited', protocol: 'amqp', host: await address() }, {});
    const read = late.read(never).catch((error: unknown) => error);
    await connected;
    await late.close();
    const over = once(near!, 'close');
    answer();
    await over;
    expect(await read).toBeInstanceOf(Error);
  });

  test('a wrong password, a wrong virtual host and a port that speaks something else are told apart', async () => {
    await publish('known', 0);
    const says = async (protocol: 'amqp' | 'http', host: string): Promise<string> => {
      const one = sourceOf('rabbitmq', { queueName: 'known', protocol, host }, {});
      const message = await one.read(never).then(
        () => 'it was read',
        (error: unknown) => (error as Error).message,
      );
      await one.close();
      return message.replace(/:\d+/g, '');
    };
    expect(await says('http', `http://guest:wrong@127.0.0.1:${http.port}`)).toBe(
      '127.0.0.1 refuses user or password (401).',
    );
    expect(await says('http', `http://guest:guest@127.0.0.1:${http.port}/other`)).toMatch(/knows no queue 'known'/);
    expect(await says('http', `http://guest:guest@127.0.0.1:${amqp.port}`)).toMatch(
      /does not answer \(.*\)\. Enable the management plugin/,
    );
    expect(await says('amqp', `amqp://guest:wrong@127.0.0.1:${amqp.port}`)).toMatch(/ACCESS.REFUSED/);
  }, 60_000);
});

describeKafka('kafka', () => {
  let kafka: KafkaUnderTest;
  beforeAll(async () => {
    if (hasKafka) kafka = await startKafka();
  });
  afterAll(async () => {
    if (hasKafka) await kafka.stop();
  });

  const source = (topic: string, more: Readonly<Record<string, string>> = {}): MetricSource =>
    sourceOf(
      'kafka',
      {
        ...{ topic, bootstrapServersFromEnv: 'KAFKA_BROKERS', consumerGroup: `group-${topic}`, lagThreshold: '1' },
        ...{ activationLagThreshold: '2', offsetResetPolicy: 'earliest', allowIdleConsumers: 'true', ...more },
      },
      { KAFKA_BROKERS: kafka.brokers },
    );

  /** As a member of the group, of partition 0. */
  const commit = async (topic: string, offset: string): Promise<void> => {
    const client = new Kafka({ brokers: kafka.brokers.split(','), logLevel: logLevel.NOTHING });
    const consumer = client.consumer({ groupId: `group-${topic}` });
    const joined = new Promise((resolve) => consumer.on(consumer.events.GROUP_JOIN, resolve));
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({ autoCommit: false, eachMessage: () => Promise.resolve() });
    await joined;
    await consumer.commitOffsets([{ topic, partition: 0, offset }]);
    await consumer.disconnect();
  };

  metricSourceContract('a consumer group', (): MetricSourceFixture => {
    let topic = '';
    let made = false;
    return {
      make: () => {
        made = false;
        return source((topic = `scaled-${++count}`));
      },
      async add(records) {
        if (!made) await kafka.createTopic(topic, 2);
        made = true;
        if (records > 0)
          await kafka.send(
            topic,
            Array.from({ length: records }, (_, i) => ({ key: String(i), value: '{}' })),
          );
      },
      outage: (during) => kafka.outage(during),
    };
  });

  test('counts from what the group has committed, and no more than a consumer a partition can take', async () => {
    const topic = `scaled-${++count}`;
    await kafka.createTopic(topic, 2);
    const messages = Array.from({ length: 30 }, (_, i) => ({ partition: i % 2, value: '{}' }));
    await kafka.send(topic, messages);
    await commit(topic, '10');
    const values = async (more: Readonly<Record<string, string>>): Promise<MetricReadOut> => {
      const one = source(topic, more);
      const { value, active } = await one.read(never);
      await one.close();
      return [value, active];
    };
    expect(await values({})).toEqual([5 + 15, true]);
    expect(await values({ offsetResetPolicy: 'latest' })).toEqual([5 + 1, true]);
    expect(await values({ allowIdleConsumers: 'false' })).toEqual([2, true]);
    expect(await values({ allowIdleConsumers: 'false', lagThreshold: '8' })).toEqual([20, true]);
    expect(await values({ scaleToZeroOnInvalidOffset: 'true', activationLagThreshold: '5' })).toEqual([5, false]);
  });
  type MetricReadOut = readonly [value: number, active: boolean];
});

describe('azure-eventhub', () => {
  let server: EventHubsServer;
  let front: CuttableConnection;
  const hub = 'scaled';
  beforeAll(async () => {
    server = await startEventHubs(hub, 2);
    front = await cuttableConnection(server.port);
  });
  afterAll(async () => {
    await front.stop();
    await server.stop();
  });
  const source = (group: string, more: Readonly<Record<string, string>> = {}): MetricSource =>
    sourceOf(
      'azure-eventhub',
      {
        ...{ connectionFromEnv: 'HUB', storageConnectionFromEnv: 'AzureWebJobsStorage', consumerGroup: group },
        ...{ blobContainer: 'azure-webjobs-eventhub', checkpointStrategy: 'blobMetadata' },
        ...{ unprocessedEventThreshold: '1000', activationUnprocessedEventThreshold: '2', ...more },
      },
      { ...storage.values, HUB: server.connectionString.replace(String(server.port), String(front.port)) },
    );
  const last = (partition: number): number => server.partitions[partition]!.events.length - 1;
  /** As the Functions host does: metadata of an empty blob. */
  const checkpoint = async (group: string, partition: number, sequencenumber: number): Promise<void> => {
    const container = storage.connection.blobs().getContainerClient('azure-webjobs-eventhub');
    await container.createIfNotExists();
    await container
      .getBlockBlobClient(`127.0.0.1/${hub}/${group}/checkpoint/${partition}`)
      .upload('', 0, { metadata: { sequencenumber: String(sequencenumber), offset: '0' } });
  };

  metricSourceContract('a consumer group of an event hub', (): MetricSourceFixture => {
    let group = '';
    return {
      make: () => source((group = `group-${++count}`)),
      async add(events) {
        if (last(0) === -1) for (const partition of [0, 1]) server.append(partition, 'first');
        // All that others left is behind the checkpoints of this group.
        const blobs = storage.connection.blobs().getContainerClient('azure-webjobs-eventhub');
        if (!(await blobs.getBlobClient(`127.0.0.1/${hub}/${group}/checkpoint/0`).exists()))
          for (const partition of [0, 1]) await checkpoint(group, partition, last(partition));
        for (let i = 0; i < events; i++) server.append(i % 2, '{}');
      },
      outage: (during) => cutWhile(front, during),
    };
  });

  test('without a checkpoint everything is behind; it never counts for more than a replica a partition', async () => {
    const group = `group-${++count}`;
    server.append(0, '{}');
    server.append(1, '{}');
    const all = last(0) + last(1) + 2;
    const read = async (more: Readonly<Record<string, string>> = {}): Promise<number> => {
      const one = source(group, more);
      const { value } = await one.read(never);
      await one.close();
      return value;
    };
    expect(await read()).toBe(all);
    await checkpoint(group, 0, last(0));
    expect(await read()).toBe(last(1) + 1);
    await checkpoint(group, 1, last(1) + 5);
    // Ahead of what the hub says: its figures are old.
    expect(await read()).toBe(0);
    for (let i = 0; i < 20; i++) server.append(0, '{}');
    expect(await read({ unprocessedEventThreshold: '3' })).toBe(6);
  });
});
