/** Orders from a Kafka topic on the whole app (O1, O2, O4). */
import { killApp, startApp, type AppUnderTest } from '../../drivers/app-under-test';
import { freePorts } from '../../drivers/free-ports';
import { describeKafka, startKafka, type KafkaUnderTest } from '../../drivers/kafka-under-test';
import {
  numbersOf,
  orderText,
  originsOfLetters,
  startAwaitedDownstream,
  type AwaitedDownstream,
} from '../../drivers/orders-under-test';
import { startOtlpSink, type OtlpSink } from '../../drivers/otlp-sink';

let kafka: KafkaUnderTest;
let app: AppUnderTest;
let downstream: AwaitedDownstream;
let sink: OtlpSink;
let metricsPort: number;

interface Report {
  readonly mode: string;
  readonly backends: readonly {
    readonly backlog: number | null;
    readonly problem?: string;
    readonly partitions?: readonly { readonly waiting: number }[];
  }[];
}
const report = async (): Promise<Report> => (await (await fetch(`${app.url}/v1/admin/backend`)).json()) as Report;

describeKafka('orders from Kafka', () => {
  beforeAll(async () => {
    kafka = await startKafka();
    await kafka.createTopic('orders', 4);
    downstream = await startAwaitedDownstream();
    sink = await startOtlpSink();
    [metricsPort = 0] = await freePorts(1);
    app = await startApp({
      PIPELINES: 'orders',
      BACKEND_MODE: 'kafka',
      KAFKA_BROKERS: kafka.brokers,
      ORDERS_CALLBACK_URL: downstream.url,
      ORDERS_RESUME_SCHEDULE: '* * * * * *',
      OTEL_EXPORTER_OTLP_ENDPOINT: sink.url,
      METRICS_PORT: String(metricsPort),
      ORDERS_LEASE_S: '10',
    });
  });
  afterAll(async () => {
    await app.stop();
    await downstream.stop();
    await kafka.stop();
    await sink.stop();
  });

  it('hands each on once and in the order of its partition, dead-letters what is none, and commits all of them', async () => {
    const events = Array.from({ length: 40 }, (_, n) => ({
      key: `o${n % 8}`,
      value: orderText({ orderId: `o${n % 8}`, requestId: `${n}`, n }),
    }));
    await kafka.send('orders', [
      ...events,
      { key: 'o1', value: events[1]!.value },
      { key: 'x', value: Buffer.from([0xff, 0xfe]) },
      { key: 'y', value: null },
    ]);
    const texts = await downstream.until((taken) => taken.length >= 40);
    for (let order = 0; order < 8; order++)
      expect(numbersOf(texts, `o${order}`)).toEqual([0, 1, 2, 3, 4].map((k) => order + 8 * k));
    await app.until(async () => (await report()).backends[0]?.backlog === 0);
    expect(downstream.requests()).toBe(40);
    expect(await originsOfLetters(app)).toEqual([
      ['kafka', 'orders', '#/#'],
      ['kafka', 'orders', '#/#'],
    ]);
    expect((await kafka.committed('orders-worker', 'orders')).filter((n) => n > 0).reduce((a, b) => a + b, 0)).toBe(43);
  });

  it('goes on with the trace of the message, through to the downstream', async () => {
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    await kafka.send('orders', [
      {
        key: 't',
        value: orderText({ orderId: 'traced' }),
        headers: { traceparent: `00-${traceId}-b7ad6b7169203331-01` },
      },
    ]);
    await downstream.until((texts) => texts.some((text) => text.includes('"traced"')));
    expect([...downstream.taken.values()].find(({ text }) => text.includes('"traced"'))?.traceparent).toMatch(
      new RegExp(`^00-${traceId}-(?!b7ad6b7169203331)[0-9a-f]{16}-01$`),
    );
    expect(await app.line(/Order processed.*"orderId":"traced"/)).toContain(`"traceId":"${traceId}"`);
  });

  it('measures what waits, for whoever scrapes', async () => {
    await app.until(async () => (await report()).backends[0]?.backlog === 0);
    const figures = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
    expect(figures).toMatch(/^current_backlog\{[^}]*sluice_backend="kafka"[^}]*\} 0/m);
    expect(figures).toMatch(/^current_backlog\{[^}]*sluice_backend="parked"[^}]*\} 0/m);
    expect(figures).toMatch(/^orders_processed_total\{[^}]*sluice_backend="kafka"[^}]*\} 41/m);
  });

  it('applies what its process had in hand when it was killed', async () => {
    downstream.behave({ latencyMs: 200 });
    // Of one order, so that most of the batch has not been begun when its first is under way.
    const ids = Array.from({ length: 12 }, (_, n) => `${n}`);
    const isOurs = (text: string): boolean => text.includes('"killed"');
    await kafka.send(
      'orders',
      ids.map((requestId) => ({ key: 'killed', value: orderText({ orderId: 'killed', requestId }) })),
    );
    const begun = await downstream.until((texts) => texts.some(isOurs));
    expect(begun.filter(isOurs).length).toBeLessThan(ids.length);
    killApp();
    downstream.behave({ latencyMs: 0 });
    expect((await downstream.until((texts) => texts.filter(isOurs).length >= ids.length)).filter(isOurs)).toHaveLength(
      ids.length,
    );
    // A connection to the app that died may be reset.
    await app.until(async () => (await report().catch(() => undefined))?.backends[0]?.backlog === 0);
  }, 60_000);

  it('is ready while the broker answers, and says why not while it does not', async () => {
    expect((await fetch(`${app.url}/readyz?pipeline=orders`)).status).toBe(200);
    expect(await report()).toMatchObject({
      mode: 'kafka',
      backends: [{ source: 'orders', role: 'takes-in', partitions: [{}, {}, {}, {}] }],
    });
    await kafka.outage(async () => {
      const [takesIn] = (await report()).backends;
      expect(takesIn).toMatchObject({ backlog: null, problem: expect.any(String) as string });
    });
    await kafka.send('orders', [{ key: 'b', value: orderText({ orderId: 'back' }) }]);
    await downstream.until((texts) => texts.some((text) => text.includes('"back"')));
    await app.until(async () => (await report()).backends[0]?.backlog === 0);
  });
});
