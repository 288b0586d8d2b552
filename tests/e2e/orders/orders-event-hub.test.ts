/** Orders from an event hub on the whole app (O1, O2, O4). */
import { killApp, startApp, type AppUnderTest } from '../../drivers/app-under-test';
import { startEventHubs, type EventHubsServer } from '../../drivers/event-hubs-server';
import {
  numbersOf,
  orderText,
  originsOfLetters,
  quickEventHubs,
  sendToHub,
  startAwaitedDownstream,
  type AwaitedDownstream,
} from '../../drivers/orders-under-test';

let server: EventHubsServer;
let app: AppUnderTest;
let downstream: AwaitedDownstream;

interface Report {
  readonly backends: readonly { readonly backlog: number | null; readonly partitions?: readonly object[] }[];
}
const report = async (): Promise<Report> => (await (await fetch(`${app.url}/v1/admin/backend`)).json()) as Report;

beforeAll(async () => {
  server = await startEventHubs('orders', 4);
  downstream = await startAwaitedDownstream();
  app = await startApp({
    PIPELINES: 'orders',
    BACKEND_MODE: 'eventhub',
    EVENTHUB_CONNECTION_STRING: server.connectionString,
    ORDERS_CALLBACK_URL: downstream.url,
    ORDERS_RESUME_SCHEDULE: '* * * * * *',
    ...quickEventHubs,
    ORDERS_LEASE_S: '10',
  });
});
afterAll(async () => {
  await app.stop();
  await downstream.stop();
  await server.stop();
});

it('hands each on once and in the order of its partition, dead-letters what is none, and checkpoints all of them', async () => {
  for (let order = 0; order < 8; order++) {
    const own = [0, 1, 2, 3, 4].map((n) => orderText({ orderId: `o${order}`, requestId: `${n}`, n }));
    await sendToHub(
      server,
      `o${order}`,
      [...own, own[0]!].map((body) => ({ body })),
    );
  }
  await sendToHub(server, 'x', [{ body: Buffer.from([0xff, 0xfe]) }, { body: '' }]);
  const texts = await downstream.until((taken) => taken.length >= 40);
  for (let order = 0; order < 8; order++) expect(numbersOf(texts, `o${order}`)).toEqual([0, 1, 2, 3, 4]);
  const { backends } = await app.until(async () => {
    const now = await report();
    return now.backends[0]?.backlog === 0 && now;
  });
  expect(backends).toMatchObject([{ backend: 'eventhub', source: 'orders', partitions: [{}, {}, {}, {}] }]);
  expect(downstream.requests()).toBe(40);
  expect(await originsOfLetters(app)).toEqual([
    ['eventhub', 'orders', '#/#'],
    ['eventhub', 'orders', '#/#'],
  ]);
});

it('goes on with the trace of the event', async () => {
  const traceId = '0af7651916cd43dd8448eb211c80319c';
  const body = orderText({ orderId: 'traced' });
  await sendToHub(server, 't', [{ body, properties: { traceparent: `00-${traceId}-b7ad6b7169203331-01` } }]);
  await downstream.until((texts) => texts.includes(body));
  expect([...downstream.taken.values()].find(({ text }) => text === body)?.traceparent).toContain(traceId);
});

it('applies what its process had in hand when it was killed', async () => {
  downstream.behave({ latencyMs: 200 });
  const ids = Array.from({ length: 12 }, (_, n) => `killed${n}`);
  const isOurs = (text: string): boolean => text.includes('"killed');
  for (const orderId of ids) await sendToHub(server, orderId, [{ body: orderText({ orderId }) }]);
  await downstream.until((texts) => texts.some(isOurs));
  killApp();
  downstream.behave({ latencyMs: 0 });
  expect((await downstream.until((texts) => texts.filter(isOurs).length >= ids.length)).filter(isOurs)).toHaveLength(
    ids.length,
  );
  // A connection to the app that died may be reset.
  await app.until(async () => (await report().catch(() => undefined))?.backends[0]?.backlog === 0);
}, 60_000);

it('is ready while the hub answers', async () => {
  expect((await fetch(`${app.url}/readyz?pipeline=orders`)).status).toBe(200);
});
