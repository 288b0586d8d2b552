import { inTurn, placeAfter, turnOf } from '../../../../../src/domain/orders/order-turn';

const ask = (over: Partial<Parameters<typeof turnOf>[0]>) =>
  turnOf({ event: 'e', sequence: undefined, parked: [], settled: 0, ...over });
const at = (event: string, sequence?: number) => ({ event, sequence });

it.each([
  ['an event without sequence, nothing parked', {}, { kind: 'now' }],
  ['one behind another', { parked: [at('x')] }, { kind: 'behind' }],
  ['one without sequence behind one with', { parked: [at('x', 9)] }, { kind: 'behind' }],
  ['one that is parked itself', { parked: [at('x'), at('e')] }, { kind: 'parked' }],
  ['the first of a sequence', { sequence: 1 }, { kind: 'now' }],
  ['the next of a sequence', { sequence: 5, settled: 4 }, { kind: 'now' }],
  ['one that is ahead', { sequence: 3, settled: 1 }, { kind: 'gap', waitsFor: 2 }],
  ['one that was ahead for too long', { sequence: 3, settled: 1, gapOver: true }, { kind: 'now' }],
  ['one that its order has passed', { sequence: 2, settled: 2 }, { kind: 'late', settled: 2 }],
  [
    'the missing one, with those parked that wait for it',
    { sequence: 2, settled: 1, parked: [at('x', 3)] },
    { kind: 'now' },
  ],
  ['one behind an earlier sequence', { sequence: 3, settled: 2, parked: [at('x', 2)] }, { kind: 'behind' }],
])('%s', (_, question, turn) => {
  expect(ask(question)).toEqual(turn);
});

it('sorts by sequence where all have one, else by arrival', () => {
  const place = (p: string, sequence?: number) => ({ event: p, place: p, sequence, parkedAt: 0, dueAt: 0 });
  expect(inTurn([place('1', 3), place('2', 1), place('3', 2)]).map((p) => p.place)).toEqual(['2', '3', '1']);
  expect(inTurn([place('3', 1), place('1'), place('2', 9)]).map((p) => p.place)).toEqual(['1', '2', '3']);
});

it('puts an event behind all others of its order, whatever the clock says', () => {
  const places: { event: string; place: string; sequence: undefined; parkedAt: number; dueAt: number }[] = [];
  const event = (i: number): string => String(i).repeat(64).slice(0, 64);
  for (const [i, now] of [
    Date.UTC(2026, 0, 1),
    Date.UTC(2025, 0, 1),
    Date.UTC(2025, 0, 1),
    Date.UTC(2027, 0, 1),
  ].entries())
    places.push({
      event: event(i),
      place: placeAfter(places, now, event(i)),
      sequence: undefined,
      parkedAt: now,
      dueAt: now,
    });
  expect(inTurn([...places].reverse())).toEqual(places);
  expect(new Set(places.map((p) => p.place.length))).toEqual(new Set([49]));
});
