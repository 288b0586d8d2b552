/** The judge of the chaos runs finds every kind of fault, or its silence would prove nothing. */
import type { DownstreamCall } from '../../scripts/orders/mock-downstream';
import { parseOrder } from '../../src/domain/orders/order-event';
import { faultsOf, type Outcome } from '../drivers/orders-chaos/verdict';
import { makeWorkload } from '../drivers/orders-chaos/workload';
import { SeededRandom } from '../drivers/seeded-random';

const work = makeWorkload(new SeededRandom(7), { count: 300, duplicates: 0.05, poison: 0.04, bytes: true });
const options = { keepsArrival: true, inHand: 2 };
const call = (text: string, path = '/one', outcome: DownstreamCall['outcome'] = 'taken'): DownstreamCall => ({
  ...{ key: text, text, traceparent: undefined, path, outcome },
});
const calls = work.orders.flatMap(({ texts }) => texts.map((text) => call(text)));
const letters = [...work.poison].map(([message, code]) => ({ message, code }));
const good: Outcome = { calls, letters, parked: 0, backlog: 0, disruptions: [] };
const faults = (over: Partial<Outcome>) => faultsOf(work, { ...good, ...over }, options);
const sequenced = work.orders.find((order) => order.sequenced && order.texts.length > 1)!;
const byArrival = work.orders.find((order) => !order.sequenced && order.texts.length > 1)!;
const swapped = (one: string, other: string) =>
  calls.map((c) => (c.text === one ? call(other) : c.text === other ? call(one) : c));

it('makes what was asked for: events as the app reads them, some again, some astray, and poison of each code', () => {
  const texts = work.events.map(({ payload }) => payload.toString());
  const parsed = work.orders.flatMap((order) => order.texts.map((text) => parseOrder(text)));
  expect(parsed).toHaveLength(300);
  expect(parsed.every(({ kind }) => kind === 'order')).toBe(true);
  expect(texts).toHaveLength(300 + 15 + 12);
  expect(new Set(texts).size).toBe(300 + 12);
  expect(new Set(work.poison.values())).toEqual(new Set(['MESSAGE_UNPARSABLE', 'SCHEMA_UNSUPPORTED', 'ORDER_INVALID']));
  for (const [text, code] of work.poison) if (!text.includes('�')) expect(parseOrder(text)).toMatchObject({ code });
  const first = (text: string): number => texts.indexOf(text);
  const inPlace = (order: { texts: readonly string[] }): boolean =>
    order.texts.every((text, i) => i === 0 || first(order.texts[i - 1]!) < first(text));
  expect(work.orders.filter((order) => !order.sequenced).every(inPlace)).toBe(true);
  expect(work.orders.filter((order) => order.sequenced).every(inPlace)).toBe(false);
});

it('is made again from its seed', () => {
  const again = makeWorkload(new SeededRandom(7), { count: 300, duplicates: 0.05, poison: 0.04, bytes: true });
  expect(again).toEqual(work);
});

it('finds nothing where nothing is wrong', () => {
  expect(faults({})).toEqual([]);
});

it.each([
  ['a missing effect', { calls: calls.slice(1) }, /^no effect of /],
  ['a second effect', { calls: [...calls, calls[0]!] }, /^2 effects of /],
  ['an effect of poison', { calls: [...calls, call(letters[0]!.message)] }, /^an effect of what is no order/],
  ['a sequence out of order', { calls: swapped(sequenced.texts[0]!, sequenced.texts[1]!) }, /^out of order/],
  ['an arrival out of order', { calls: swapped(byArrival.texts[0]!, byArrival.texts[1]!) }, /^out of order/],
  ['a missing dead letter', { letters: letters.slice(1) }, /are \[\], not one/],
  ['a dead letter twice', { letters: [...letters, letters[0]!] }, /not one MESSAGE_UNPARSABLE/],
  ['a wrong code', { letters: [{ ...letters[0]!, code: 'ORDER_LATE' }, ...letters.slice(1)] }, /are \[ORDER_LATE\]/],
  ['a dead letter of an order', { letters: [...letters, { code: 'ORDER_LATE', message: 'x' }] }, /of what is an order/],
  ['what is parked', { parked: 1 }, /^1 events are still parked/],
  ['what is to do', { backlog: 2 }, /^2 events are still to do/],
  ['a repetition', { calls: [...calls, call(calls[0]!.text, '/two', 'repeated')] }, /^delivered again by \/two/],
] as const)('finds %s', (_, over, message) => {
  expect(faults(over as Partial<Outcome>)).toContainEqual(expect.stringMatching(message));
});

describe('lets a repetition pass', () => {
  const again = (path: string): DownstreamCall => call(calls.at(-1)!.text, path, 'repeated');
  const after = calls.length;

  it('of what was in hand when a process died, and of no more', () => {
    const more = [again('/two'), call(calls.at(-3)!.text, '/two', 'repeated')];
    const died = [{ path: '/one', afterCalls: after }];
    expect(faults({ calls: [...calls, ...more], disruptions: died })).toHaveLength(1);
    expect(faults({ calls: [...calls, more[0]!], disruptions: died })).toEqual([]);
  });

  it('by a process that stood still', () => {
    expect(faults({ calls: [...calls, again('/two')], disruptions: [{ path: '/two', afterCalls: after }] })).toEqual(
      [],
    );
  });

  it('after an answer that was lost', () => {
    const lost = [...calls.slice(0, -1), call(calls.at(-1)!.text, '/one', 'lost')];
    expect(faults({ calls: [...lost, again('/one')] })).toEqual([]);
  });
});
