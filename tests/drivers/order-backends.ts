/** The backends that orders come from, each with the real protocol, to be filled and asked how much is left. */
import { createQueueBacklog } from '../../src/adapters/azure-storage/queue-backlog';
import { CHECKPOINT_CONTAINER, createEventHub } from '../../src/adapters/event-hubs/hub';
import { loadConfig } from '../../src/config/config';
import { sha256Hex } from '../../src/domain/digest';
import type { Backend } from '../../src/domain/orders/order-origin';
import { ORDERS_QUEUE } from '../../src/domain/storage-layout';
import { startEventHubs } from './event-hubs-server';
import { startKafkaFront } from './kafka-front';
import { hasKafka, startKafka } from './kafka-under-test';
import { quickEventHubs } from './orders-under-test';
import type { StorageUnderTest } from './storage-under-test';

const TOPIC = 'orders';
const PARTITIONS = 4;
/** Of one batch; ORDERS_CONCURRENCY's default. */
const CONCURRENCY = 16;

export interface SentOrder {
  /** What partitioned backends keep together. */
  readonly key: string;
  readonly payload: Buffer;
}

export interface BackendUnderTest {
  /** Of a host that reads it. */
  readonly settings: Readonly<Record<string, string>>;
  /** Whether events of one key come in the order in which they were sent. */
  readonly keepsArrival: boolean;
  /** Whether payloads may be anything, or only text. */
  readonly bytes: boolean;
  /** Most events that one process works on at once. */
  readonly inHand: number;
  send(events: readonly SentOrder[]): Promise<void>;
  /** Events that are not settled yet. */
  backlog(): Promise<number>;
  stop(): Promise<void>;
}

const backends: Readonly<Record<Backend, (storage: StorageUnderTest) => Promise<BackendUnderTest>>> = {
  async queue({ clients }) {
    const queue = clients.queues().getQueueClient(ORDERS_QUEUE);
    const backlog = createQueueBacklog(clients, ORDERS_QUEUE);
    return {
      settings: { AzureFunctionsJobHost__extensions__queues__newBatchThreshold: '16' },
      keepsArrival: false,
      bytes: false,
      inHand: 32,
      async send(events) {
        const all = events.values();
        const lane = async (): Promise<void> => {
          for (const { payload } of all) await queue.sendMessage(payload.toString());
        };
        await Promise.all(Array.from({ length: 8 }, lane));
      },
      backlog: async () => (await backlog()).waiting,
      stop: () => Promise.resolve(),
    };
  },

  async kafka() {
    const kafka = await startKafka();
    const front = await startKafkaFront({ broker: kafka.brokers });
    let sent = 0;
    await kafka.createTopic(TOPIC, PARTITIONS);
    return {
      settings: {
        ...{ BACKEND_MODE: 'kafka', KAFKA_BROKERS: front.address, KAFKA_TOPIC: TOPIC, KAFKA_GROUP: TOPIC },
        // The mock broker forms a group in 3 s, which no session may be shorter than.
        AzureFunctionsJobHost__extensions__kafka__sessionTimeoutMs: '4000',
      },
      keepsArrival: true,
      bytes: true,
      inHand: PARTITIONS * CONCURRENCY,
      async send(events) {
        for (let from = 0; from < events.length; from += 500) {
          const some = events.slice(from, from + 500);
          await kafka.send(
            TOPIC,
            some.map(({ key, payload }) => ({ key, value: payload })),
          );
          sent += some.length;
        }
      },
      backlog: async () => {
        const offsets = await kafka.committed(TOPIC, TOPIC);
        return sent - offsets.reduce((sum, offset) => sum + Math.max(0, offset), 0);
      },
      async stop() {
        await front.stop();
        await kafka.stop();
      },
    };
  },

  async eventhub({ clients }) {
    const server = await startEventHubs(TOPIC, PARTITIONS);
    const settings = {
      ...{ BACKEND_MODE: 'eventhub', EVENTHUB_CONNECTION_STRING: server.connectionString },
      ...quickEventHubs,
    };
    const loaded = loadConfig({ AzureWebJobsStorage: 'UseDevelopmentStorage=true', ...settings });
    const access = loaded.ok ? loaded.config.orders.backends.eventHub : undefined;
    if (!access) throw new Error('the settings of the event hub are not taken');
    const hub = createEventHub(access, {
      credential: () => {
        throw new Error('the stand-in asks for none');
      },
      checkpoints: () => clients.blobs().getContainerClient(CHECKPOINT_CONTAINER),
    });
    return {
      settings,
      keepsArrival: true,
      bytes: true,
      inHand: PARTITIONS * CONCURRENCY,
      send: (events) => {
        for (const { key, payload } of events)
          server.append(Number.parseInt(sha256Hex(key).slice(0, 8), 16) % PARTITIONS, payload);
        return Promise.resolve();
      },
      backlog: async () => (await hub.backlog()).waiting,
      async stop() {
        await hub.stop();
        await server.stop();
      },
    };
  },
};

/** Those that can be had here. */
export const triedBackends = (Object.keys(backends) as Backend[]).filter((name) => name !== 'kafka' || hasKafka);

export function startBackend(name: Backend, storage: StorageUnderTest): Promise<BackendUnderTest> {
  return backends[name](storage);
}
