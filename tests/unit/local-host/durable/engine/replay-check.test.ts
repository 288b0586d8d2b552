import type { LeafCommand } from '../../../../../local-host/durable/engine/command';
import type { ScheduledEvent } from '../../../../../local-host/durable/engine/history-event';
import { replayMismatch } from '../../../../../local-host/durable/engine/replay-check';

const at = 0;
const activity: ScheduledEvent = {
  ...{ type: 'task-scheduled', at, id: 3, leaf: 0 },
  work: { kind: 'activity', name: 'charge', input: '1' },
};
const timer: ScheduledEvent = { type: 'timer-created', at, id: 4, leaf: 1, fireAt: 10, purpose: { kind: 'user' } };

test('another input, and another time, are no mismatch', () => {
  expect(replayMismatch(5, activity, { kind: 'activity', name: 'charge', input: '2' })).toBeUndefined();
  expect(replayMismatch(5, timer, { kind: 'timer', fireAt: 99, cancelled: false })).toBeUndefined();
});

test.each<[ScheduledEvent, LeafCommand | undefined, string]>([
  [
    activity,
    { kind: 'activity', name: 'refund' },
    "(id 3) expects activity 'charge', but the code asked for activity 'refund'.",
  ],
  [
    activity,
    { kind: 'sub', name: 'charge' },
    "expects activity 'charge', but the code asked for sub-orchestration 'charge'.",
  ],
  [timer, undefined, '(id 4) expects a timer, but the code asked for nothing more.'],
  [
    timer,
    { kind: 'signal-entity', entity: '@a@b', op: 'add' },
    "expects a timer, but the code asked for a signal of 'add' to entity '@a@b'.",
  ],
])('names the event, what was expected and what came (%#)', (event, command, text) => {
  const message = replayMismatch(5, event, command);
  expect(message).toContain('event 5 of the history');
  expect(message).toContain(text);
  expect(message).toMatch(/Restart the instance, or bring back the old order\.$/);
});
