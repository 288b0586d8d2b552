/**
 * Takes orders through the whole handler, from a Kafka topic as fast as it can or at a rate, and says what it cost. Without a
 * handler (`bare`) it only consumes. A process of its own, so that its processor time is that of the work alone.
 */
import { Kafka, logLevel } from 'kafkajs';
import { compose } from '../../src/composition';
import { loadConfig } from '../../src/config/config';
import type { IncomingOrder } from '../../src/intake/orders/order-work';
import { startTelemetry } from '../../src/telemetry/exporters';
import { withInvocationLog, type InvocationLog } from '../../src/telemetry/logger';
import { quantile } from './figures';

export interface WorkerTask {
  readonly settings: Readonly<Record<string, string>>;
  readonly consume?: {
    readonly broker: string;
    readonly topic: string;
    readonly count: number;
    readonly bare: boolean;
  };
  /** Events a second, for so long; the first `warmUpS` are not counted. `stuck`: one in 20 is of an order that fails. */
  readonly pace?: {
    readonly rate: number;
    readonly seconds: number;
    readonly warmUpS: number;
    readonly stuck: boolean;
  };
}

export interface WorkerFigures {
  readonly events: number;
  readonly perSecond: number;
  readonly cpuMsPerEvent: number;
  /** From the moment an event is due until its batch is settled, of orders that do not fail. */
  readonly latencyMs?: { readonly p50: number; readonly p99: number; readonly p999: number };
}

const PARTITIONS = 4;
const BATCH = 64;

const task = JSON.parse(process.argv[2] ?? '{}') as WorkerTask;
const loaded = loadConfig({ PIPELINES: 'orders', ...task.settings });
if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
startTelemetry(loaded.config.telemetry, console.warn);
const { orders } = compose(loaded.config);

/** As the triggers call it; what the host does with its lines is left out. */
const ignored = (): void => undefined;
const log: InvocationLog = { debug: ignored, info: ignored, warn: ignored, error: ignored };
const settle: typeof orders.settle = (events) => withInvocationLog(log, () => orders.settle(events));

class Meter {
  #cpu = process.cpuUsage();
  #began = performance.now();
  #events = 0;

  start(): void {
    this.#cpu = process.cpuUsage();
    this.#began = performance.now();
    this.#events = 0;
  }

  count(events: number): number {
    return (this.#events += events);
  }

  figures(): WorkerFigures {
    const { user, system } = process.cpuUsage(this.#cpu);
    return {
      events: this.#events,
      perSecond: Math.round((this.#events * 1000) / (performance.now() - this.#began)),
      cpuMsPerEvent: Number(((user + system) / 1000 / this.#events).toFixed(3)),
    };
  }
}

async function consume({ broker, topic, count, bare }: NonNullable<WorkerTask['consume']>): Promise<WorkerFigures> {
  const kafka = new Kafka({ brokers: [broker], logLevel: logLevel.NOTHING });
  const consumer = kafka.consumer({ groupId: `bench-${process.pid}` });
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  const meter = new Meter();
  const warmUp = count / 4;
  let settled = 0;
  const figures = await new Promise<WorkerFigures>((resolve, reject) => {
    consumer
      .run({
        autoCommit: false,
        partitionsConsumedConcurrently: PARTITIONS,
        eachBatch: async ({ batch: { messages, partition } }) => {
          for (let at = 0; at < messages.length; at += BATCH) {
            const some = messages.slice(at, at + BATCH);
            const events = some.map(({ value, offset }): IncomingOrder => {
              const origin = {
                backend: 'kafka',
                source: topic,
                position: `${partition}/${offset}`,
                enqueuedAt: 0,
              } as const;
              return { payload: value ?? Buffer.alloc(0), origin };
            });
            if (!bare) await settle(events);
            settled += some.length;
            if (settled <= warmUp) meter.start();
            else meter.count(some.length);
            if (settled === count) resolve(meter.figures());
          }
        },
      })
      .catch(reject);
  });
  await consumer.disconnect();
  return figures;
}

async function pace({ rate, seconds, warmUpS, stuck }: NonNullable<WorkerTask['pace']>): Promise<WorkerFigures> {
  const total = rate * (seconds + warmUpS);
  const skipped = rate * warmUpS;
  const meter = new Meter();
  const latencies: number[] = [];
  const began = performance.now();
  const dueAt = (n: number): number => began + (n * 1000) / rate;
  const isStuck = (n: number): boolean => stuck && n % 20 === 7;
  const event = (n: number): IncomingOrder => {
    const orderId = isStuck(n) ? 'stuck' : `o${n}`;
    const payload = JSON.stringify({ ...{ schemaVersion: '1.0', tenantId: 'acme', orderId, requestId: `r${n}` }, n });
    return { payload, origin: { backend: 'kafka', source: 'bench', position: `0/${n}`, enqueuedAt: 0 } };
  };
  // As the members of a group do: each partition one batch after the other, each batch what has come by then.
  const partition = async (own: number): Promise<void> => {
    for (let next = own; next < total;) {
      const wait = dueAt(next) - performance.now();
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
      const batch: number[] = [];
      for (; next < total && batch.length < BATCH && dueAt(next) <= performance.now(); next += PARTITIONS)
        batch.push(next);
      if (batch.length === 0) continue;
      if ((batch[0] ?? 0) < skipped) meter.start();
      await settle(batch.map(event));
      const now = performance.now();
      const counted = batch.filter((n) => n >= skipped);
      meter.count(counted.length);
      for (const n of counted) if (!isStuck(n)) latencies.push(now - dueAt(n));
    }
  };
  const resuming = stuck
    ? setInterval(() => void withInvocationLog(log, orders.resume).catch(ignored), 1_000)
    : undefined;
  await Promise.all(Array.from({ length: PARTITIONS }, (_, own) => partition(own)));
  clearInterval(resuming);
  latencies.sort((a, b) => a - b);
  const at = (q: number): number => Number(quantile(latencies, q).toFixed(1));
  return { ...meter.figures(), latencyMs: { p50: at(0.5), p99: at(0.99), p999: at(0.999) } };
}

void (task.consume ? consume(task.consume) : task.pace ? pace(task.pace) : Promise.reject(new Error('no task'))).then(
  (figures) => process.send?.(figures, () => process.exit(0)),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
