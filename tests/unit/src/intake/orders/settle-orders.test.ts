import type { IncomingOrder } from '../../../../../src/intake/orders/order-work';
import { event, ordersWorld, type OrdersWorld } from './orders-world';

const requests = (world: { effects: Map<string, string> }): string[] =>
  [...world.effects.values()].map((text) => (JSON.parse(text) as { requestId: string }).requestId);

it('hands every order of a batch on, as it came, under its own key', async () => {
  const w = ordersWorld();
  const events = Array.from({ length: 50 }, (_, i) => event({ orderId: `o${i % 7}`, requestId: `r${i}`, extra: 1e21 }));
  expect(await w.process().settle(events)).toEqual({ done: 50 });
  expect(new Set(w.deliveries.map((d) => d.idempotencyKey)).size).toBe(50);
  expect(w.deliveries[0]!.text).toBe(events[0]!.payload);
});

it('applies a duplicate once, in one batch or in two', async () => {
  const w = ordersWorld();
  const p = w.process();
  expect(await p.settle([event({}), event({}), event({ requestId: 'r2' })])).toEqual({ done: 2, duplicate: 1 });
  expect(await w.process().settle([event({})])).toEqual({ duplicate: 1 });
  expect(w.deliveries).toHaveLength(2);
});

it('keeps tenants apart, and leaves out those that are not asked for', async () => {
  const w = ordersWorld({ tenants: new Set(['a', 'b']) });
  const same = ['a', 'b', 'c'].map((tenantId) => event({ tenantId }));
  expect(await w.process().settle(same)).toEqual({ done: 2, filtered: 1 });
  expect(w.effects.size).toBe(2);
});

it('makes dead letters of what is no order, each once, and goes on', async () => {
  const w = ordersWorld();
  const bad = [
    { ...event({}, '0/1'), payload: 'not json' },
    { ...event({}, '0/2'), payload: Buffer.from([0x7b, 0xff]) },
    event({ schemaVersion: '2.0' }, '0/3'),
    event({ orderId: '' }, '0/4'),
  ];
  expect(await w.process().settle([...bad, event({})])).toEqual({ 'dead-lettered': 4, done: 1 });
  await w.process().settle(bad);
  expect([...w.deadLetters.all.values()].map((l) => l.code).sort()).toEqual([
    'MESSAGE_UNPARSABLE',
    'MESSAGE_UNPARSABLE',
    'ORDER_INVALID',
    'SCHEMA_UNSUPPORTED',
  ]);
});

it('parks an order that fails, and those of its order behind it, while the others go on', async () => {
  const w = ordersWorld();
  w.answer = ({ text }) => (text.includes('stuck') ? { kind: 'unavailable', reason: 'down' } : { kind: 'delivered' });
  const p = w.process();
  const first = await p.settle([
    event({ orderId: 'stuck', requestId: '1' }, '0/1'),
    event({ orderId: 'free', requestId: '2' }, '0/2'),
    event({ orderId: 'stuck', requestId: '3' }, '0/3'),
  ]);
  expect(first).toEqual({ parked: 2, done: 1 });
  // A later batch, in another process, waits behind it too.
  const later = event({ orderId: 'stuck', requestId: '4' }, '0/4');
  expect(await w.process().settle([later])).toEqual({ parked: 1 });
  expect(await w.process().settle([later])).toEqual({ duplicate: 1 });

  w.answer = () => ({ kind: 'delivered' });
  w.clock.advance(10_000);
  expect(await w.process().resume()).toEqual({ settled: 3, orders: 0 });
  expect(requests(w)).toEqual(['2', '1', '3', '4']);
});

it('gives an order up after its attempts, and the next of its order goes on', async () => {
  const w = ordersWorld();
  w.answer = ({ text }) => (text.includes('bad') ? { kind: 'unavailable', reason: 'down' } : { kind: 'delivered' });
  const p = w.process();
  await p.settle([event({ requestId: 'bad' }, '0/1'), event({ requestId: 'next' }, '0/2')]);
  for (let left = 20; w.parked.all.size > 0 && left > 0; left--) {
    w.clock.advance(60_000);
    await p.resume();
  }
  expect([...w.deadLetters.all.values()]).toMatchObject([
    { code: 'ORDER_UNDELIVERED', attempts: 5, keys: { requestId: 'bad' } },
  ]);
  expect(w.deliveries.filter((d) => d.text.includes('bad'))).toHaveLength(5);
  expect(requests(w)).toEqual(['next']);
});

it('makes a dead letter of what the downstream refuses, without another try', async () => {
  const w = ordersWorld();
  w.answer = () => ({ kind: 'refused', reason: 'answered 422: no such product' });
  expect(await w.process().settle([event({})])).toEqual({ 'dead-lettered': 1 });
  expect([...w.deadLetters.all.values()]).toMatchObject([
    { code: 'ORDER_REFUSED', error: expect.stringContaining('422') },
  ]);
  expect(w.deliveries).toHaveLength(1);
});

it('waits as long as the downstream asks for', async () => {
  const w = ordersWorld();
  w.answer = () => ({ kind: 'unavailable', reason: '429', retryAfterMs: 50_000 });
  const p = w.process();
  await p.settle([event({})]);
  w.answer = () => ({ kind: 'delivered' });
  w.clock.advance(49_000);
  expect(await p.resume()).toEqual({ settled: 0, orders: 1 });
  w.clock.advance(1_000);
  expect(await p.resume()).toEqual({ settled: 1, orders: 0 });
});

it('gives the downstream a rest when it keeps failing, and counts no attempts meanwhile', async () => {
  const w = ordersWorld({ breaker: { threshold: 4, openMs: 10_000 } });
  w.answer = () => ({ kind: 'unavailable', reason: 'down' });
  const p = w.process();
  const events = Array.from({ length: 30 }, (_, i) => event({ orderId: `o${i}`, requestId: `r${i}` }, `0/${i}`));
  expect(await p.settle(events)).toEqual({ parked: 30 });
  expect(w.deliveries.length).toBeLessThan(10);
  w.answer = () => ({ kind: 'delivered' });
  for (let left = 10; w.parked.all.size > 0 && left > 0; left--) {
    w.clock.advance(15_000);
    await p.resume();
  }
  expect(w.effects.size).toBe(30);
  expect(w.deadLetters.all.size).toBe(0);
});

describe('with a sequence', () => {
  const at = (sequence: number, requestId = `s${sequence}`) => event({ sequence, requestId }, `0/${sequence}`);

  it('applies in that order, however they arrive', async () => {
    const w = ordersWorld();
    const p = w.process();
    expect(await p.settle([at(3), at(2)])).toEqual({ parked: 2 });
    expect(await p.settle([at(1)])).toEqual({ done: 1 });
    expect(await p.resume()).toEqual({ settled: 2, orders: 0 });
    expect(requests(w)).toEqual(['s1', 's2', 's3']);
  });

  it('sorts a batch by it', async () => {
    const w = ordersWorld();
    expect(await w.process().settle([at(2), at(3), at(1)])).toEqual({ done: 3 });
    expect(requests(w)).toEqual(['s1', 's2', 's3']);
  });

  it('goes on without one that never comes, and gives it up when it comes after all', async () => {
    const w = ordersWorld();
    const p = w.process();
    await p.settle([at(1), at(3)]);
    w.clock.advance(299_000);
    expect(await p.resume()).toEqual({ settled: 0, orders: 1 });
    w.clock.advance(2_000);
    expect(await p.resume()).toEqual({ settled: 1, orders: 0 });
    expect(await p.settle([at(2)])).toEqual({ 'dead-lettered': 1 });
    expect([...w.deadLetters.all.values()]).toMatchObject([{ code: 'ORDER_LATE' }]);
    expect(requests(w)).toEqual(['s1', 's3']);
  });

  it('goes on after one that was given up', async () => {
    const w = ordersWorld();
    w.answer = ({ text }) => (text.includes('s1') ? { kind: 'refused', reason: 'no' } : { kind: 'delivered' });
    expect(await w.process().settle([at(1), at(2)])).toEqual({ 'dead-lettered': 1, done: 1 });
  });
});

it('parks what another process holds, and finds it done or takes it over', async () => {
  const w = ordersWorld();
  // Dies right after the downstream took the order.
  const dying = w.process(3);
  void dying.settle([event({})]);
  await new Promise((resolve) => setImmediate(resolve));
  expect(w.effects.size).toBe(1);
  const p = w.process();
  expect(await p.settle([event({})])).toEqual({ parked: 1 });
  expect(await p.resume()).toEqual({ settled: 0, orders: 1 });
  w.clock.advance(60_001);
  expect(await p.resume()).toEqual({ settled: 1, orders: 0 });
  expect(w.effects.size).toBe(1);
});

describe('a process that was slow, or stood still, for longer than its claims last', () => {
  /** The process takes 50 s over the first order of a batch, while `meanwhile` happens. */
  async function slowly(w: OrdersWorld, batch: IncomingOrder[], meanwhile: () => Promise<unknown>) {
    const others: Promise<unknown>[] = [];
    w.answer = ({ text }) => {
      if (text.includes('"slow"') && others.length === 0) {
        w.clock.advance(61_000);
        others.push(meanwhile());
      }
      return { kind: 'delivered' };
    };
    // What happens meanwhile is over before the answer is heard.
    const p = w.process(
      Infinity,
      () => 0.5,
      async () => void (await Promise.all(others)),
    );
    return p.settle([event({ orderId: 'slow', requestId: 'first' }, '0/1'), ...batch]);
  }

  it('delivers nothing that another one took over and did', async () => {
    const w = ordersWorld({ concurrency: 1 });
    const taken = event({ requestId: 'taken' }, '0/2');
    expect(await slowly(w, [taken], () => w.process().settle([taken]))).toEqual({ done: 1, duplicate: 1 });
    expect(w.deliveries).toHaveLength(2);
  });

  it('delivers nothing that its order has gone past', async () => {
    const w = ordersWorld({ concurrency: 1, gapWaitMs: 10_000 });
    const one = event({ requestId: 's1', sequence: 1 }, '0/2');
    const outcome = await slowly(w, [one], async () => {
      const other = w.process();
      await other.settle([event({ requestId: 's2', sequence: 2 }, '0/3')]);
      w.clock.advance(11_000);
      await other.resume();
    });
    expect(outcome).toEqual({ done: 1, 'dead-lettered': 1 });
    expect([...w.deadLetters.all.values()]).toMatchObject([{ code: 'ORDER_LATE' }]);
    expect(requests(w)).toEqual(['first', 's2']);
  });

  it('buries nothing that another one took over and did while it was being claimed again', async () => {
    const w = ordersWorld({ concurrency: 1 });
    const one = event({ requestId: 's1', sequence: 1 }, '0/2');
    const { claim } = w.ledger;
    const outcome = await slowly(w, [one], async () => {
      w.ledger.claim = async (...asked) => {
        w.ledger.claim = claim;
        const granted = await claim(...asked);
        w.clock.advance(61_000);
        await w.process().settle([one]);
        return granted;
      };
    });
    // Handed over again under its key, by which the downstream knows it.
    expect(outcome).toEqual({ done: 2 });
    expect(requests(w)).toEqual(['first', 's1']);
    expect(w.deadLetters.all.size).toBe(0);
  });
});

it('insists while a store is away, and loses nothing', async () => {
  const w = ordersWorld();
  const p = w.process();
  let down = 5;
  const { park } = w.parked;
  w.parked.park = async (entry) => {
    if (down-- > 0) throw new Error('storage is away');
    return park(entry);
  };
  w.answer = () => ({ kind: 'unavailable', reason: 'down' });
  expect(await p.settle([event({})])).toEqual({ parked: 1 });
  expect(w.parked.all.size).toBe(1);
});

it('applies nothing that is older than what is remembered, unless it knows better, and lets an operator decide', async () => {
  const w = ordersWorld();
  const p = w.process();
  const day = 86_400_000;
  await p.settle([event({ orderId: 'known' })]);
  // Taken by the backend when the clock began.
  w.clock.advance(30 * day);
  expect(await p.settle([event({ orderId: 'young' })])).toEqual({ done: 1 });
  w.clock.advance(1);
  expect(await p.settle([event({ orderId: 'known' }), event({ orderId: 'old' })])).toEqual({
    duplicate: 1,
    'dead-lettered': 1,
  });
  expect(w.effects.size).toBe(2);
  const [letter] = [...w.deadLetters.all.values()];
  expect(letter).toMatchObject({ code: 'ORDER_TOO_OLD', keys: { orderId: 'old' } });
  expect(letter?.error).toContain('is 30 days old, and which orders are done is kept for 30');
  await p.replay(letter!.message, event({}).origin);
  await p.resume();
  expect([...w.effects.values()].some((text) => text.includes('"old"'))).toBe(true);
});

it('applies what does not say how old it is', async () => {
  const w = ordersWorld();
  const undated = event({});
  expect(await w.process().settle([{ ...undated, origin: { ...undated.origin, enqueuedAt: 0 } }])).toEqual({ done: 1 });
});

describe('a replayed dead letter', () => {
  it('is applied on its turn, although it was settled as given up', async () => {
    const w = ordersWorld();
    w.answer = () => ({ kind: 'refused', reason: 'no' });
    const p = w.process();
    await p.settle([event({ sequence: 1 }, '0/1')]);
    w.answer = () => ({ kind: 'delivered' });
    await p.settle([event({ sequence: 2, requestId: 'r2' }, '0/2')]);
    const [letter] = [...w.deadLetters.all.values()];
    await p.replay(letter!.message, event({}).origin);
    await p.replay(letter!.message, event({}).origin);
    expect(await p.resume()).toEqual({ settled: 2, orders: 0 });
    expect(requests(w)).toEqual(['r2', 'r']);
  });

  it('does nothing to what was done meanwhile, and gives up again what is still no order', async () => {
    const w = ordersWorld();
    const p = w.process();
    await p.settle([event({})]);
    await p.replay(String(event({}).payload), event({}).origin);
    expect(await p.resume()).toEqual({ settled: 1, orders: 0 });
    expect(w.deliveries).toHaveLength(1);
    await p.replay('not json', event({}).origin);
    expect([...w.deadLetters.all.values()]).toMatchObject([{ code: 'MESSAGE_UNPARSABLE' }]);
  });
});
