/**
 * `npm run bench -- orders`: what the orders handler costs. Against a bare client that consumes the same topic; at a steady rate
 * with its latency; with an order that is stuck; with telemetry on. The worker is one process, storage, broker and downstream
 * are others. A quarter of the events warms up. `BENCH_ROUNDS` (3), `BENCH_EVENTS` (20000), `BENCH_SECONDS` (30; the figures of the issue are for 300).
 */
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fork } from 'node:child_process';
import { Kafka, logLevel, Partitioners } from 'kafkajs';
import { startAzurite } from '../local-host/storage/azurite';
import { createStorageClients } from '../src/adapters/azure-storage/clients';
import { provisionStorage } from '../src/adapters/azure-storage/provision';
import { loadConfig } from '../src/config/config';
import { storageLayout } from '../src/domain/storage-layout';
import { figure } from './parts/figures';
import { startBroker } from './parts/kafka-broker';
import type { WorkerFigures, WorkerTask } from './parts/orders-worker';
import { startPart } from './parts/processes';

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3);
const EVENTS = Number(process.env.BENCH_EVENTS ?? 20_000);
const SECONDS = Number(process.env.BENCH_SECONDS ?? 30);
const RATE = 100;
const TOPIC = 'orders';

type Settings = Readonly<Record<string, string>>;
/** `stub`: table storage of its own, that has seen no order yet. */
type Run = (stub: Settings) => WorkerTask;

export async function run(): Promise<void> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-bench-orders-'));
  const downstream = await startPart('order-downstream');
  const azurite = await azuriteForBench();
  const broker = await startBroker();
  const results: Record<string, unknown> = {};
  const say = (name: string, value: unknown): void => {
    results[name] = value;
    console.log(`${name}: ${JSON.stringify(value)}`);
  };
  try {
    await broker.createTopic(TOPIC, 4);
    await publish(broker.address);
    const callback = { ORDERS_CALLBACK_URL: downstream.url };
    const memory = { ORDERS_LEDGER: 'memory' };
    /** Where orders are is a cost of its own. */
    const unnoted = { ITEMS_STORE: 'none' };
    const inFile = { ITEMS_STORE: 'sqlite', ITEMS_FILE: path.join(folder, 'items.db') };
    const told = { OTEL_EXPORTER_OTLP_ENDPOINT: downstream.url };
    const consume =
      (settings: Settings, bare = false): Run =>
      (stub) => ({
        settings: { ...stub, ...unnoted, ...settings },
        consume: { broker: broker.address, topic: TOPIC, count: EVENTS, bare },
      });
    const pace =
      (settings: Settings, stuck = false): Run =>
      (stub) => ({
        settings: { ...stub, ...callback, ...unnoted, ORDERS_MAX_ATTEMPTS: '100', ...settings },
        pace: { rate: RATE, seconds: SECONDS, warmUpS: 5, stuck },
      });

    const fast: Readonly<Record<string, Run>> = {
      'bare client': consume({}, true),
      'in-memory inbox, no callback': consume(memory),
      'in-memory inbox': consume({ ...memory, ...callback }),
      'in-memory inbox, telemetry': consume({ ...memory, ...callback, ...told }),
      'in-memory inbox, items in a file': consume({ ...memory, ...callback, ...inFile }),
      'in-memory inbox, items in a table (stub)': consume({ ...memory, ...callback, ITEMS_STORE: 'table' }),
      'table inbox (stub)': consume(callback),
    };
    const rounds = new Map<string, WorkerFigures[]>();
    for (let round = 0; round < ROUNDS; round++)
      for (const [name, task] of Object.entries(fast))
        rounds.set(name, [...(rounds.get(name) ?? []), await work(task)]);
    for (const [name, all] of rounds) {
      const perSecond = figure(all.map((f) => f.perSecond));
      const cpuMsPerEvent = figure(
        all.map((f) => f.cpuMsPerEvent),
        3,
      );
      say(`${EVENTS} events, ${name}`, { perSecond, cpuMsPerEvent });
    }
    /** Of processor time, round by round. */
    const ratio = (one: string, other: string): unknown => {
      const others = rounds.get(other) ?? [];
      return figure(
        (rounds.get(one) ?? []).map((f, i) => f.cpuMsPerEvent / (others[i]?.cpuMsPerEvent ?? NaN)),
        2,
      );
    };
    say('CPU, telemetry on / off', ratio('in-memory inbox, telemetry', 'in-memory inbox'));
    say('CPU, orders only logged / bare client', ratio('in-memory inbox, no callback', 'bare client'));
    const steady: Readonly<Record<string, Run>> = {
      'stub table': pace({}),
      'stub table, one order stuck': pace({}, true),
      'stub table, telemetry': pace(told),
      'in-memory inbox': pace(memory),
      Azurite: pace({ AzureWebJobsStorage: azurite.connectionString }),
    };
    const p99 = new Map<string, number>();
    for (const [name, task] of Object.entries(steady)) {
      const figures = await work(task);
      say(`${RATE}/s for ${SECONDS} s, ${name}`, figures);
      p99.set(name, figures.latencyMs?.p99 ?? NaN);
    }
    const growth = (p99.get('stub table, one order stuck') ?? NaN) / (p99.get('stub table') ?? NaN);
    say('p99 of the others, one order stuck / none', Number(growth.toFixed(2)));
    console.log(JSON.stringify(results));
  } finally {
    await broker.stop();
    await Promise.all([downstream.stop(), azurite.stop()]);
    rmSync(folder, { recursive: true, force: true });
  }
}

async function work(task: Run): Promise<WorkerFigures> {
  const stub = await startPart('table-storage');
  const account = `${stub.url}/devstoreaccount1`;
  const connection = `DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey=c3R1Yg==;BlobEndpoint=${account};QueueEndpoint=${account};TableEndpoint=${account};`;
  const given = JSON.stringify(task({ AzureWebJobsStorage: connection }));
  const child = fork(path.join(__dirname, 'parts', 'orders-worker.js'), [given], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  try {
    return await new Promise((resolve, reject) => {
      child.once('message', (figures) => resolve(figures as WorkerFigures));
      child.once('exit', (code) => reject(new Error(`the worker ended with ${code ?? 'a signal'}`)));
    });
  } finally {
    await stub.stop();
  }
}

async function publish(broker: string): Promise<void> {
  const client = new Kafka({ brokers: [broker], logLevel: logLevel.NOTHING });
  const producer = client.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  for (let from = 0; from < EVENTS; from += 1_000) {
    const messages = Array.from({ length: Math.min(1_000, EVENTS - from) }, (_, i) => {
      const n = from + i;
      const order = {
        schemaVersion: '1.0',
        tenantId: 'acme',
        orderId: `o${n >> 1}`,
        requestId: `r${n}`,
        status: 'paid',
      };
      return { key: order.orderId, value: JSON.stringify(order) };
    });
    await producer.send({ topic: TOPIC, messages });
  }
  await producer.disconnect();
}

async function azuriteForBench() {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-bench-'));
  const azurite = await startAzurite({ location: folder, ports: { blob: 17_600, queue: 17_601, table: 17_602 } });
  const loaded = loadConfig({ AzureWebJobsStorage: azurite.connectionString });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  await provisionStorage(createStorageClients(loaded.config.storage), storageLayout);
  return {
    connectionString: azurite.connectionString,
    async stop() {
      await azurite.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
