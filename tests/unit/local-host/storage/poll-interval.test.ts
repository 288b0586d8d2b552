import { PollInterval } from '../../../../local-host/storage/poll-interval';

test('an empty queue is looked at less and less often, a busy one at once again', () => {
  const interval = new PollInterval(100, 2000, () => 0.5);
  expect([1, 2, 3, 4, 5, 6, 7].map(() => interval.nothing())).toEqual([100, 200, 400, 800, 1600, 2000, 2000]);
  interval.found();
  expect(interval.nothing()).toBe(100);
});

test('the longest pause is never exceeded, and randomness stays within a fifth', () => {
  for (const random of [0, 1]) {
    const interval = new PollInterval(100, 1000, () => random);
    const waits = [1, 2, 3, 4, 5, 6].map(() => interval.nothing());
    expect(Math.max(...waits)).toBe(1000);
    expect(waits[1]).toBe(random === 0 ? 180 : 220);
  }
});
