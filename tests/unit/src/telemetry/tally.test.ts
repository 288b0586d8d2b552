import { Tally } from '../../../../src/telemetry/tally';

it('adds up by attributes, in whatever order they are named', () => {
  const tally = new Tally();
  tally.add(1, { pipeline: 'orders', outcome: 'done' });
  tally.add(2, { outcome: 'done', pipeline: 'orders' });
  tally.add(5, { outcome: 'parked', pipeline: 'orders' });
  tally.add(7, {});
  expect([...tally.rows()]).toEqual([
    { attributes: { pipeline: 'orders', outcome: 'done' }, value: 3 },
    { attributes: { outcome: 'parked', pipeline: 'orders' }, value: 5 },
    { attributes: {}, value: 7 },
  ]);
});

it('keeps apart what only looks alike when it is written in a row', () => {
  const tally = new Tally();
  tally.add(1, { a: '1', b: '2' });
  tally.add(1, { a: '1\nb=2' });
  tally.add(1, { a: 1, b: '2' });
  expect([...tally.rows()].map(({ value }) => value)).toEqual([1, 1, 1]);
});

it('sets what stands', () => {
  const tally = new Tally();
  tally.set(4, { a: 'x' });
  tally.set(2, { a: 'x' });
  expect([...tally.rows()]).toEqual([{ attributes: { a: 'x' }, value: 2 }]);
});
