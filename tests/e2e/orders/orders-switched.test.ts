/**
 * The backend is switched round the ring queue, Kafka, Event Hubs, queue on real processes, with orders in flight on the old
 * one and on the new one, by SIGTERM, in a soak by SIGKILL too (O1, O3). Orders go on across the switches, by `sequence`.
 */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { BackendReport } from '../../../src/intake/orders/backend-report';
import { startEventHubs, type EventHubsServer } from '../../drivers/event-hubs-server';
import { startHostProcess, type HostProcessUnderTest } from '../../drivers/host-process-under-test';
import { describeKafka, startKafka, type KafkaUnderTest } from '../../drivers/kafka-under-test';
import {
  orderText,
  quickEventHubs,
  sendToQueue,
  startAwaitedDownstream,
  type AwaitedDownstream,
} from '../../drivers/orders-under-test';
import { isSoak } from '../../drivers/scale';
import { startStorage, type StorageUnderTest } from '../../drivers/storage-under-test';

type Backend = BackendReport['mode'];

/** Events for each order: before the old host ends, on the old backend afterwards, and on the new one. */
const EVENTS = isSoak ? 30 : 3;
const ORDERS = 10;
/** Longest without an effect. */
const STILL_MS = 120_000;
const PARTITIONS = 4;
const RING = ['queue', 'kafka', 'eventhub', 'queue'] as const;

let kafka: KafkaUnderTest;
let hubs: EventHubsServer;
let storage: StorageUnderTest;
let downstream: AwaitedDownstream;
let host: HostProcessUnderTest | undefined;

describeKafka('orders while the backend is switched', () => {
  beforeAll(async () => {
    [kafka, hubs, downstream] = await Promise.all([
      startKafka(),
      startEventHubs('orders', PARTITIONS),
      startAwaitedDownstream(),
    ]);
    await kafka.createTopic('orders', PARTITIONS);
    storage = await startStorage();
    downstream.behave({ latencyMs: 25 });
  });
  afterAll(async () => {
    await host?.stop();
    await Promise.all([storage.stop(), downstream.stop(), kafka.stop(), hubs.stop()]);
  });

  it('are all applied once and by sequence, whatever they came by', async () => {
    let sequence = 0;
    let sent = 0;
    const publish = async (backend: Backend): Promise<void> => {
      for (let n = 0; n < EVENTS; n++) {
        sequence++;
        for (let order = 0; order < ORDERS; order++) {
          const key = `o${order}`;
          const text = orderText({ orderId: key, requestId: `${sequence}`, sequence });
          if (backend === 'kafka') await kafka.send('orders', [{ key, value: text }]);
          else if (backend === 'eventhub') hubs.append(order % PARTITIONS, text);
          else await sendToQueue(storage, text);
          sent++;
        }
      }
    };

    host = await start('queue', undefined);
    for (const [i, from] of RING.slice(0, -1).entries()) {
      const to = RING[i + 1]!;
      const before = downstream.taken.size;
      await publish(from);
      await orders(host, (count) => count > before + ORDERS);
      await (isSoak && i % 2 === 1 ? host.kill() : host.stop());
      // Nobody reads: these wait on both.
      await publish(from);
      await publish(to);
      host = await start(to, from);
      const { backends } = await until(host, (report) => report.backends[1]?.backlog === 0 && report.parked === 0);
      expect(backends).toMatchObject([
        { backend: to, role: 'takes-in' },
        { backend: from, role: 'drains' },
      ]);
      await orders(host, (count) => count >= sent);
    }
    const { next } = await until(host, ({ backends }) => backends.every(({ backlog }) => backlog === 0));
    expect(next).toContain('Nothing waits in eventhub orders.');

    const taken = [...downstream.taken.values()].map(
      ({ text }) => JSON.parse(text) as { orderId: string; sequence: number },
    );
    for (let order = 0; order < ORDERS; order++)
      expect(taken.filter(({ orderId }) => orderId === `o${order}`).map((event) => event.sequence)).toEqual(
        Array.from({ length: sequence }, (_, n) => n + 1),
      );
    const letters = (await (await fetch(`${host.url}/v1/dead-letters`)).json()) as { items: unknown[] };
    expect(letters.items).toEqual([]);
  }, 1_200_000);
});

async function start(mode: Backend, drain: Backend | undefined): Promise<HostProcessUnderTest> {
  const state = path.join(storage.folder, 'host');
  mkdirSync(state, { recursive: true });
  return startHostProcess(
    {
      ...storage.settings,
      ...quickEventHubs,
      // The mock broker takes no less; a group hears of a killed member after this.
      AzureFunctionsJobHost__extensions__kafka__sessionTimeoutMs: '4000',
      PIPELINES: 'orders',
      BACKEND_MODE: mode,
      BACKEND_DRAIN: drain ?? '',
      KAFKA_BROKERS: kafka.brokers,
      EVENTHUB_CONNECTION_STRING: hubs.connectionString,
      ORDERS_CALLBACK_URL: downstream.url,
      ORDERS_CONCURRENCY: '4',
      ORDERS_LEASE_S: '10',
      ORDERS_RESUME_SCHEDULE: '* * * * * *',
    },
    state,
  );
}

/** Resolves once the downstream took so many. */
async function orders({ url, output }: HostProcessUnderTest, are: (count: number) => boolean): Promise<void> {
  const late = new AbortController();
  await Promise.race([
    downstream.until((texts) => are(texts.length)),
    delay(90_000, undefined, { signal: late.signal }).then(async () => {
      const report = await (await fetch(`${url}/v1/admin/backend`)).text();
      throw new Error(`Only ${downstream.taken.size} were taken. ${report}\n${output().slice(-4_000)}`);
    }),
  ]).finally(() => late.abort());
}

/** Asks `GET /v1/admin/backend` until it says what is wanted. */
async function until(
  { url, output }: HostProcessUnderTest,
  is: (report: BackendReport) => boolean,
): Promise<BackendReport> {
  let taken = downstream.taken.size;
  for (let end = Date.now() + STILL_MS; ;) {
    const report = (await (await fetch(`${url}/v1/admin/backend`)).json()) as BackendReport;
    if (is(report)) return report;
    // However slow the machine is, as long as it goes on.
    if (downstream.taken.size > taken) end = Date.now() + STILL_MS;
    taken = downstream.taken.size;
    if (Date.now() > end) throw new Error(`${JSON.stringify(report)}\n${output().slice(-4_000)}`);
    // Each look asks both brokers, which have other work to do.
    await delay(100);
  }
}
