/** Orders from the storage queue on the whole app, with a downstream service that fails and refuses (O1, O2, O5). */
import { startMockDownstream, type MockDownstream } from '../../../scripts/orders/mock-downstream';
import { startApp, type AppUnderTest } from '../../drivers/app-under-test';
import { itemInState, itemsOf } from '../../drivers/items-under-test';

let app: AppUnderTest;
let downstream: MockDownstream;
const waits = new Set<() => void>();
beforeAll(async () => {
  downstream = await startMockDownstream(0, Math.random, () => waits.forEach((wake) => wake()));
  app = await startApp({
    PIPELINES: 'orders',
    ORDERS_CALLBACK_URL: downstream.url,
    ORDERS_RESUME_SCHEDULE: '* * * * * *',
    ORDERS_TENANTS: 'acme,globex',
  });
});
afterAll(async () => {
  await app.stop();
  await downstream.stop();
});
afterEach(() => downstream.behave({ failing: 0, refusing: 0, latencyMs: 0 }));

const order = (fields: Record<string, unknown>): string =>
  JSON.stringify({ schemaVersion: '1.0', tenantId: 'acme', orderId: 'o', requestId: 'r', ...fields });

const send = (text: string) => app.storage.clients.queues().getQueueClient('orders').sendMessage(text);

/** Resolves when the downstream took what `is` looks for. */
function taken(is: (texts: readonly string[]) => boolean): Promise<readonly string[]> {
  return new Promise((resolve) => {
    const look = (): void => {
      const texts = [...downstream.taken.values()].map((t) => t.text);
      if (!is(texts)) return;
      waits.delete(look);
      resolve(texts);
    };
    waits.add(look);
    look();
  });
}

interface Letters {
  readonly items: readonly { readonly id: string; readonly code: string; readonly keys: Record<string, string> }[];
}
const letters = (query: string): Promise<Letters | false> =>
  app.until(async () => {
    const found = (await (await fetch(`${app.url}/v1/dead-letters?pipeline=orders&${query}`)).json()) as Letters;
    return found.items.length > 0 && found;
  });

it('hands each order on once, as it came, however often it is sent', async () => {
  const exact =
    '{"schemaVersion":"1.0","tenantId":"acme","orderId":"big","requestId":"1","amount":12345678901234567890}';
  for (const text of [exact, exact, Buffer.from(order({ orderId: 'encoded' })).toString('base64')]) await send(text);
  const texts = await taken((t) => t.length >= 2);
  expect(texts).toContain(exact);
  expect(texts).toContain(order({ orderId: 'encoded' }));
  await app.line(/duplicate of one already done/);
  expect(downstream.requests()).toBe(2);
});

it('applies by sequence, however they arrive', async () => {
  for (const sequence of [3, 1, 2]) await send(order({ orderId: 'seq', requestId: `q${sequence}`, sequence }));
  const texts = await taken((t) => t.filter((x) => x.includes('"seq"')).length === 3);
  const sequences = texts
    .filter((x) => x.includes('"seq"'))
    .map((x) => (JSON.parse(x) as { sequence: number }).sequence);
  expect(sequences).toEqual([1, 2, 3]);
});

it('parks an order while the downstream fails, and brings it through afterwards', async () => {
  downstream.behave({ failing: 1 });
  await send(order({ orderId: 'parked' }));
  await app.line(/Order waits.*"orderId":"parked"/);
  downstream.behave({ failing: 0 });
  const asked = { orderId: 'parked', tenantId: 'acme' };
  await taken((t) => t.some((x) => x.includes('"parked"')));
  const done = await itemInState(app.url, asked, 'done');
  expect(done).toMatchObject({ pipeline: 'orders', tenantId: 'acme', requestId: 'r' });
  expect(done.history.map(({ state }) => state)).toEqual(['waiting', 'done']);
  expect(await itemsOf(app.url, { ...asked, tenantId: 'globex' })).toEqual([]);
});

it('makes dead letters of what is no order or is refused, found by tenant and order, and replays them', async () => {
  await send('not json');
  expect(await letters('code=MESSAGE_UNPARSABLE')).toMatchObject({ items: [{ keys: { backend: 'queue' } }] });
  downstream.behave({ refusing: 1 });
  await send(order({ tenantId: 'globex', orderId: 'refused' }));
  const found = await letters('tenantId=globex&orderId=refused');
  expect(found).toMatchObject({ items: [{ code: 'ORDER_REFUSED', keys: { requestId: 'r' } }] });
  downstream.behave({ refusing: 0 });
  const [letter] = (found as Letters).items;
  const replayed = await fetch(`${app.url}/v1/dead-letters/${letter!.id}/replay`, { method: 'POST' });
  expect(await replayed.json()).toMatchObject({ outcome: 'replayed' });
  await taken((t) => t.some((x) => x.includes('"refused"')));
});

it('goes on with the trace that the payload names, since messages of a queue have no headers', async () => {
  const traceId = '0af7651916cd43dd8448eb211c80319c';
  await send(order({ orderId: 'traced', traceparent: `00-${traceId}-b7ad6b7169203331-01` }));
  await send(order({ orderId: 'untraced', traceparent: 'nonsense' }));
  await taken((t) => ['"traced"', '"untraced"'].every((id) => t.some((x) => x.includes(id))));
  const traces = new Map([...downstream.taken.values()].map(({ text, traceparent }) => [text, traceparent]));
  const of = (id: string) => [...traces].find(([text]) => text.includes(id))?.[1];
  expect(of('"traced"')).toContain(traceId);
  expect(of('"untraced"') ?? '').not.toContain('nonsense');
});

it('keeps tenants apart that use the same ids: effects, sequences, dead letters and their replay', async () => {
  const ids = { orderId: 'shared', requestId: 'shared' };
  // Each tenant counts for itself; the second event of one does not wait for the first of the other.
  for (const tenantId of ['acme', 'globex']) await send(order({ ...ids, tenantId, sequence: 1 }));
  const effects = await taken((t) => t.filter((x) => x.includes('"shared"')).length === 2);
  expect(
    effects
      .filter((x) => x.includes('"shared"'))
      .map((x) => (JSON.parse(x) as { tenantId: string }).tenantId)
      .sort(),
  ).toEqual(['acme', 'globex']);

  downstream.behave({ refusing: 1 });
  for (const tenantId of ['acme', 'globex']) await send(order({ tenantId, orderId: 'shared-letter' }));
  const [own, other] = [
    await letters('tenantId=acme&orderId=shared-letter'),
    await letters('tenantId=globex&orderId=shared-letter'),
  ] as [Letters, Letters];
  expect([own, other].map(({ items }) => items.map(({ keys }) => keys['tenantId']))).toEqual([['acme'], ['globex']]);
  downstream.behave({ refusing: 0 });
  const replayed = await fetch(
    `${app.url}/v1/dead-letters/replay?pipeline=orders&tenantId=acme&orderId=shared-letter`,
    { method: 'POST' },
  );
  expect(await replayed.json()).toMatchObject({ count: 1, outcomes: [{ id: own.items[0]!.id, outcome: 'replayed' }] });
  const after = await taken((t) => t.some((x) => x.includes('"shared-letter"')));
  expect(after.filter((x) => x.includes('"shared-letter"'))).toEqual([
    order({ tenantId: 'acme', orderId: 'shared-letter' }),
  ]);
  expect(await letters('tenantId=globex&orderId=shared-letter&state=open')).toMatchObject({
    items: [{ id: other.items[0]!.id }],
  });
});

it('leaves out other tenants', async () => {
  await send(order({ tenantId: 'initech', orderId: 'foreign' }));
  await send(order({ orderId: 'after' }));
  const texts = await taken((t) => t.some((x) => x.includes('"after"')));
  expect(texts.some((x) => x.includes('foreign'))).toBe(false);
});
