import { spans } from '../../../../src/adapters/durable-client/purge-instances';

const HOUR = 60 * 60 * 1000;

it('goes through all time before, without a gap, the last days hour by hour', () => {
  const before = Date.UTC(2026, 5, 1, 3, 47);
  const all = [...spans(before)];
  expect(all[0]?.[0]).toBe(0);
  expect(all.at(-1)).toEqual([before - HOUR, before]);
  for (const [i, [from, to]] of all.entries()) {
    expect(to).toBeGreaterThan(from);
    if (i > 0) expect(from).toBe(all[i - 1]?.[1]);
  }
  expect(all.filter(([from, to]) => to - from === HOUR)).toHaveLength(72);
  expect(all).toHaveLength(1 + 60 + 72);
});
