import { parseArgs } from 'node:util';
import { demoOrders } from '../../../../scripts/orders/demo-orders';
import { parsePublishOptions } from '../../../../scripts/orders/publish-options';
import { publishBar, publishSummary } from '../../../../scripts/orders/publish-progress';
import { statusLine } from '../../../../scripts/orders/status-line';
import { parseOrder } from '../../../../src/domain/orders/order-event';

const parse = (...args: string[]) => parsePublishOptions(args, parseArgs);

it('reads what to publish', () => {
  expect(parse('--rate', '50', '--count', '10', '--poison', '1%', '--duplicates', '2.5%', '--tenants', 'a')).toEqual({
    kind: 'options',
    options: {
      ...{ rate: 50, count: 10, poison: 0.01, duplicates: 0.025, tenants: ['a'], inOrder: false },
      ...{ backend: undefined, storagePort: undefined },
    },
  });
  expect(parse('--backend', 'kafka', '--storage-port', '11000')).toMatchObject({
    options: { backend: 'kafka', storagePort: 11_000 },
  });
  expect(parse('--help')).toEqual({ kind: 'help' });
});

it.each([
  [['--rate', '0']],
  [['--count', 'x']],
  [['--poison', '1']],
  [['--poison', '91%']],
  [['--tenants', ',']],
  [['--backend', 'rabbit']],
  [['--storage-port', '70000']],
  [['--no']],
  [['--count', '-5']],
])('refuses %j', (args) => {
  expect(parse(...args)).toMatchObject({ kind: 'rejected', reason: expect.stringContaining(args[0]!) });
});

it('makes orders whose events count from 1 to 5, and what was asked for besides', () => {
  let state = 7;
  const random = (): number => (state = (state * 16807) % 2147483647) / 2147483647;
  const orders = demoOrders({ poison: 0.1, duplicates: 0.1, tenants: ['a', 'b'], run: 'x', random });
  const next = new Map<string, number>();
  const kinds = { order: 0, duplicate: 0, poison: 0 };
  for (let i = 0; i < 2_000; i++) {
    const { kind, text } = orders.next().value;
    kinds[kind]++;
    const parsed = parseOrder(text);
    expect(parsed.kind).toBe(kind === 'poison' ? 'rejected' : 'order');
    if (kind !== 'order' || parsed.kind !== 'order') continue;
    const { orderId, sequence } = parsed.order;
    expect(sequence).toBe((next.get(orderId) ?? 0) + 1);
    next.set(orderId, sequence!);
  }
  expect(kinds).toEqual({ order: 1_600, duplicate: 200, poison: 200 });
});

it('says in one line how things stand', () => {
  const shown = {
    backend: 'queue',
    backlog: 3,
    parked: 1,
    outcomes: { done: 10 },
    retries: 2,
    latencyMs: { p50: 4, p99: 9 },
  };
  expect(statusLine(shown, { ...shown, outcomes: { done: 4 } }, 2_000)).toBe(
    'queue  backlog 3, parked 1  3.0/s  done 10, again 0, dead letters 0, retries 2  p50 4 ms, p99 9 ms',
  );
  expect(statusLine({ ...shown, backlog: null, drains: { backend: 'kafka', backlog: 2 } }, undefined, 1)).toMatch(
    /^queue {2}backlog not known, drains kafka {2}backlog 2, parked 1 /,
  );
  expect(statusLine({ ...shown, latencyMs: null }, undefined, 1)).not.toMatch(/p50|\/s/);
});

it('shows how far it has come', () => {
  expect(publishBar(0, 10, 0)).toBe(`[${'·'.repeat(24)}]   0 %  0 of 10  0.0/s`);
  expect(publishBar(500, 1000, 5)).toBe(`[${'#'.repeat(12)}${'·'.repeat(12)}]  50 %  500 of 1000  100.0/s  5 s left`);
  expect(publishBar(10, 10, 1)).toBe(`[${'#'.repeat(24)}] 100 %  10 of 10  10.0/s`);
});

it('says at the end what was sent, and that the rate was missed', () => {
  const counts = { sent: 100, order: 90, duplicate: 7, poison: 3 };
  expect(publishSummary('queue orders', counts, { rate: 50, count: 100 }, 2)).toEqual([
    'Sent 100 to queue orders in 2.0 s (50.0/s): 90 events, 7 again, 3 that are no orders.',
  ]);
  expect(publishSummary('queue orders', counts, { rate: 100, count: 200 }, 2)).toEqual([
    'Sent 100 of 200 to queue orders in 2.0 s (50.0/s): 90 events, 7 again, 3 that are no orders.',
    expect.stringMatching(/^The rate of 100\/s was not reached: queue orders took 50\.0\/s/),
  ]);
  expect(publishSummary('queue orders', counts, { rate: 1_000, count: 100 }, 0.5)).toHaveLength(1);
});
