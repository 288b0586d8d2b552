import { VirtualClock } from '../../../local-host/virtual-clock';

test('callbacks run in order of time, and see the time at which they were due', async () => {
  const clock = new VirtualClock(1000);
  const seen: [string, number][] = [];
  clock.after(20, () => seen.push(['second', clock.now()]));
  clock.after(10, () => seen.push(['first', clock.now()]));
  clock.after(31, () => seen.push(['late', clock.now()]));
  await clock.advance(30);
  expect(seen).toEqual([
    ['first', 1010],
    ['second', 1020],
  ]);
  expect(clock.now()).toBe(1030);
});

test('time stands still while somebody holds it, and a timer of what follows counts from there', async () => {
  const clock = new VirtualClock(0);
  const fired: number[] = [];
  let finish: () => void = () => undefined;
  clock.after(10, () => {
    const release = clock.hold();
    finish = () => {
      clock.after(10, () => fired.push(clock.now()));
      release();
      release();
    };
  });
  const moved = clock.advance(1000);
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
  expect(clock.now()).toBe(10);
  finish();
  await moved;
  expect(fired).toEqual([20]);
  expect(clock.now()).toBe(1000);
});
