/**
 * Orders on real processes that crash (kill -9), stand still (SIGSTOP), join and leave, with a downstream service that fails
 * and loses answers: each order has one effect, each poison event a dead letter, nothing is missing, sequences hold (O2, O3).
 */
import { startMockDownstream, type DownstreamCall } from '../../../scripts/orders/mock-downstream';
import { createDeadLetterStore } from '../../../src/adapters/azure-storage/dead-letter-store';
import { createParkedOrders } from '../../../src/adapters/azure-storage/parked-orders';
import { createQueueBacklog } from '../../../src/adapters/azure-storage/queue-backlog';
import { CHECKPOINT_CONTAINER, createEventHub } from '../../../src/adapters/event-hubs/hub';
import { loadConfig } from '../../../src/config/config';
import { sha256Hex } from '../../../src/domain/digest';
import { DEAD_LETTER_CONTAINER, ORDERS_QUEUE, PARKED_CONTAINER, tables } from '../../../src/domain/storage-layout';
import { startEventHubs } from '../../drivers/event-hubs-server';
import { hasKafka, startKafka } from '../../drivers/kafka-under-test';
import { quickEventHubs } from '../../drivers/orders-under-test';
import { Fleet } from '../../drivers/orders-chaos/fleet';
import { makeSchedule } from '../../drivers/orders-chaos/schedule';
import { faultsOf } from '../../drivers/orders-chaos/verdict';
import { makeWorkload, type ChaosEvent } from '../../drivers/orders-chaos/workload';
import { isSoak } from '../../drivers/scale';
import { SeededRandom } from '../../drivers/seeded-random';
import { startStorage, type StorageUnderTest } from '../../drivers/storage-under-test';

/** By each backend; in `npm test` a tenth of them over all. */
const COUNT = isSoak ? 10_000 : 340;
const ROUNDS = isSoak ? 8 : 1;
/** Longer than all leases but those of storage queues. */
const STILL_MS = 20_000;
const TOPIC = 'orders';
const PARTITIONS = 4;
/** Of one batch; ORDERS_CONCURRENCY's default. */
const CONCURRENCY = 16;
const seed = Number(process.env.ORDERS_SEED ?? Math.floor(Math.random() * 2 ** 31));

interface Backend {
  readonly settings: Readonly<Record<string, string>>;
  readonly keepsArrival: boolean;
  readonly bytes: boolean;
  /** Most events that one process works on at once. */
  readonly inHand: number;
  send(events: readonly ChaosEvent[]): Promise<void>;
  /** Events that are not settled yet. */
  backlog(): Promise<number>;
  stop(): Promise<void>;
}

const backends: Readonly<Record<string, (storage: StorageUnderTest) => Promise<Backend>>> = {
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
    let sent = 0;
    await kafka.createTopic(TOPIC, PARTITIONS);
    return {
      settings: {
        ...{ BACKEND_MODE: 'kafka', KAFKA_BROKERS: kafka.brokers, KAFKA_TOPIC: TOPIC, KAFKA_GROUP: TOPIC },
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
      stop: () => kafka.stop(),
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

/** Event hubs in soaks only, so far: a host that slept through the end of its connections does not stop when it is told to. */
const tried = Object.keys(backends).filter((name) => (name === 'kafka' ? hasKafka : name !== 'eventhub' || isSoak));

describe.each(tried)('orders by %s', (name) => {
  it(`have one effect each, whatever happens to the processes (ORDERS_SEED=${seed}, ${COUNT} orders)`, async () => {
    console.info(`chaos on ${name}: ORDERS_SEED=${seed}`);
    const random = new SeededRandom(seed);
    const storage = await startStorage({ PIPELINES: 'orders' });
    const backend = await backends[name]!(storage);
    const workload = makeWorkload(random, { count: COUNT, duplicates: 0.05, poison: 0.01, bytes: backend.bytes });
    const schedule = makeSchedule(random, ROUNDS);

    const calls: DownstreamCall[] = [];
    const waits = new Set<() => void>();
    const answers = new SeededRandom(seed + 1);
    const downstream = await startMockDownstream(
      0,
      () => answers.next(),
      (call) => {
        calls.push(call);
        for (const look of [...waits]) look();
      },
    );
    downstream.behave({ failing: 0.015, losing: 0.005 });
    /** Until so many are there; or until nothing moves, since who stands still may have all that is left in hand. */
    const effects = (count: number): Promise<void> =>
      new Promise((resolve) => {
        let still: NodeJS.Timeout | undefined;
        const done = (): void => {
          clearTimeout(still);
          waits.delete(look);
          resolve();
        };
        const look = (): void => {
          clearTimeout(still);
          if (downstream.taken.size >= count) done();
          else still = setTimeout(done, STILL_MS);
        };
        waits.add(look);
        look();
      });

    const fleet = new Fleet({
      folder: storage.folder,
      calls: () => calls.length,
      settings: (callerPath) => ({
        ...storage.settings,
        ...backend.settings,
        ORDERS_CALLBACK_URL: new URL(callerPath, downstream.url).href,
        ORDERS_RESUME_SCHEDULE: '* * * * * *',
        ORDERS_LEASE_S: '10',
        LOG_LEVEL: 'warn',
      }),
    });
    const parked = createParkedOrders(storage.clients, tables.parked, PARKED_CONTAINER);
    const letters = createDeadLetterStore(storage.clients, tables.deadLetters, DEAD_LETTER_CONTAINER);
    const parkedCount = async (): Promise<number> =>
      [...(await parked.places()).values()].reduce((sum, places) => sum + places.length, 0);
    const began = performance.now();
    const say = (what: string): void =>
      void process.stderr.write(
        `  ${((performance.now() - began) / 1000).toFixed(1)} s, ${downstream.taken.size} effects: ${what}\n`,
      );
    try {
      const sent = backend.send(workload.events).then(() => say('all sent'));
      await fleet.start('one');
      say('one runs');
      for (const act of schedule) {
        await effects(Math.floor(COUNT * act.at));
        say(act.says);
        await act.does(fleet);
      }
      await sent;
      // Polled, since nobody tells when the last duplicate or dead letter is settled.
      const settled = async (): Promise<void> => {
        while ((await backend.backlog()) + (await parkedCount()) > 0)
          await new Promise((resolve) => setTimeout(resolve, 100));
      };
      await settled();
      say('all settled');
      for (const machine of fleet.running()) await fleet.leave(machine);
      // One that stood still may have parked, as its last act, what others had settled meanwhile.
      if ((await parkedCount()) > 0) {
        await fleet.start('last');
        await settled();
        say('parked late, settled too');
        await fleet.leave('last');
      }

      const found: { code: string; message: string }[] = [];
      for (let from: string | undefined, more = true; more;) {
        const page = await letters.list({ pipeline: 'orders' }, 500, from);
        for (const { id, code } of page.items) found.push({ code, message: (await letters.get(id))?.message ?? '' });
        from = page.continuation;
        more = from !== undefined;
      }
      const outcome = {
        calls,
        letters: found,
        parked: await parkedCount(),
        backlog: await backend.backlog(),
        disruptions: fleet.disruptions,
      };
      const faults = faultsOf(workload, outcome, backend);
      say(
        `${calls.length} calls, ${downstream.repeated()} for what was taken before, ${calls.filter((c) => c.outcome === 'lost').length} answers lost`,
      );
      expect(faults.slice(0, 20)).toEqual([]);
    } finally {
      await fleet.end();
      await downstream.stop();
      await backend.stop();
      await storage.stop();
    }
  }, 1_800_000);
});
