import { TimerQueue } from '../../../../../local-host/durable/runtime/timer-queue';
import { VirtualClock } from '../../../../../local-host/virtual-clock';

const timer = (taskId: number, fireAt: number) => ({ instanceId: 'i', executionId: 'x', taskId, fireAt });

test('fires in order of time, together what is due together, and never what was cancelled', async () => {
  const clock = new VirtualClock(0);
  const fired: number[][] = [];
  const queue = new TimerQueue(clock, (due) => fired.push(due.map((t) => t.taskId)));
  for (const [id, at] of [
    [1, 500],
    [2, 100],
    [3, 300],
    [4, 100],
    [5, 200],
  ] as const)
    queue.add(timer(id, at));
  queue.cancel(timer(3, 300));
  queue.cancel(timer(5, 200));
  await clock.advance(1000);
  expect(fired.map((f) => [...f].sort())).toEqual([[2, 4], [1]]);
  expect(clock.nextDue()).toBeUndefined();
});

test('leaves no timer behind when stopped', () => {
  const clock = new VirtualClock(0);
  const queue = new TimerQueue(clock, () => undefined);
  queue.add(timer(1, 10));
  queue.stop();
  expect(clock.nextDue()).toBeUndefined();
});
