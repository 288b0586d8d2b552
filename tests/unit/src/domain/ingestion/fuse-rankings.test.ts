import fc from 'fast-check';
import { candidatesFor, fuseRankings } from '../../../../../src/domain/ingestion/fuse-rankings';

const fused = (...rankings: string[]): string =>
  fuseRankings(
    rankings.map((ranking) => [...ranking]),
    (item) => item,
  )
    .map(({ item }) => item)
    .join('');

test('what is in front in more than one ranking comes first', () => {
  expect(fused('abc', 'bxy')).toBe('baxcy');
  expect(fused('abcdefgh', 'h')).toBe('habcdefg');
  expect(fused('ab', '')).toBe('ab');
  expect(fused('ab', 'cd')).toBe('acbd');
  expect(fused('', '')).toBe('');
});

test('scores are places: 1 for what is first everywhere, half for what is first in one of two', () => {
  const [first, second] = fuseRankings([['a'], ['a', 'b']], (item) => item);
  expect(first).toEqual({ item: 'a', score: 1 });
  expect(second?.score).toBeCloseTo(61 / 62 / 2, 10);
  expect(fuseRankings([['a'], []], (item) => item)).toEqual([{ item: 'a', score: 0.5 }]);
});

test('each is there once, in falling order, and agreement keeps an order', () => {
  const ranking = fc.uniqueArray(fc.integer({ min: 0, max: 40 }));
  fc.assert(
    fc.property(ranking, ranking, (a, b) => {
      const all = fuseRankings([a, b], (item) => item);
      expect(all.map(({ item }) => item).sort()).toEqual([...new Set([...a, ...b])].sort());
      const scores = all.map(({ score }) => score);
      expect(scores).toEqual([...scores].sort((x, y) => y - x));
      for (const score of scores) expect(score > 0 && score <= 1 + 1e-12).toBe(true);
      expect(fuseRankings([a, a], (item) => item).map(({ item }) => item)).toEqual(a);
    }),
  );
  expect([candidatesFor(1), candidatesFor(100)]).toEqual([50, 100]);
});
