/**
 * Takes a failed instance back to before the turn in which it failed, and runs anew what failed then. Work that had ended
 * well keeps its results; work whose results came too late is looked up in the inbox, else run again.
 */
import { Execution } from '../engine/execution';
import { isScheduled, type HistoryEvent, type InboxEvent } from '../engine/history-event';
import { isOver, type InstanceRow } from '../store/instance-table';
import type { Transaction } from '../store/store';
import { sendOut } from './outbox';
import type { TaskHub } from './task-hub';

export function rewindInstance(
  hub: TaskHub,
  tx: Transaction,
  id: string,
  reason: string | undefined,
): 'accepted' | 'unknown' | 'not-failed' {
  const row = tx.instances.get(id);
  if (!row || id.startsWith('@')) return 'unknown';
  if (row.status !== 'Failed') return 'not-failed';
  rewind(hub, tx, row, reason);
  return 'accepted';
}

function rewind(hub: TaskHub, tx: Transaction, row: InstanceRow, reason: string | undefined): void {
  const now = hub.now();
  const { kept, again } = splitAtFailure(tx.instances.history(row.id));
  const execution = Execution.from(kept);
  tx.instances.removeHistory(row.id);
  const events: HistoryEvent[] = [...kept, { type: 'rewound', at: now, ...(reason === undefined ? {} : { reason }) }];
  tx.instances.addTurn(row.id, 1, events);
  tx.instances.put({ ...row, status: 'Running', output: undefined, updated: now, turns: 1, owner: hub.hostId });
  const posted = new Set<number>();
  for (const waiting of tx.inbox.of(row.id)) if ('id' in waiting.letter) posted.add(waiting.letter.id);
  for (const event of again) {
    tx.inbox.add(row.id, row.executionId, event);
    if ('id' in event) posted.add(event.id);
  }
  runAnew(hub, tx, row, execution, posted);
  tx.after(() => {
    hub.forget(row.id);
    hub.announce({ ...row, status: 'Running' });
    hub.wake(row.id);
  });
}

/** Starts everything that is open and has neither a result nor a task that still runs. */
function runAnew(
  hub: TaskHub,
  tx: Transaction,
  row: InstanceRow,
  execution: Execution,
  posted: ReadonlySet<number>,
): void {
  const now = hub.now();
  const running = tx.tasks.idsOf(row.id, row.executionId);
  const timers = new Set(tx.timers.of(row.id).map((t) => t.taskId));
  for (const [taskId, { event }] of execution.open) {
    if (posted.has(taskId) || running.has(taskId) || timers.has(taskId)) continue;
    if (event.type === 'task-scheduled') {
      const task = { instanceId: row.id, executionId: row.executionId, taskId, work: event.work };
      const seq = tx.tasks.add(task, hub.hostId);
      tx.after(() => hub.onTasks([{ ...task, seq }]));
    } else if (event.type === 'timer-created') {
      const timer = { instanceId: row.id, executionId: row.executionId, taskId, fireAt: event.fireAt };
      tx.timers.add(timer);
      tx.after(() => hub.onTimer(timer));
    } else if (event.type === 'sub-created') {
      const child = tx.instances.get(event.work.instanceId);
      const mine = child?.parent?.executionId === row.executionId && child.parent.taskId === taskId;
      if (mine && child.status === 'Failed') rewind(hub, tx, child, undefined);
      else if (mine && child.status === 'Completed')
        tx.inbox.add(row.id, row.executionId, {
          type: 'sub-completed',
          at: now,
          id: taskId,
          result: child.output ?? 'null',
        });
      // One that was terminated, purged or replaced meanwhile would never answer.
      else if (!mine || isOver(child.status))
        sendOut(hub, tx, row, [{ kind: 'start-sub', id: taskId, work: event.work }]);
    }
  }
}

/**
 * The history up to the turn that failed, and what that turn had taken in and is to take in again: everything but failures.
 * A retry that was used up goes back to before its last try.
 */
export function splitAtFailure(history: readonly HistoryEvent[]): { kept: HistoryEvent[]; again: InboxEvent[] } {
  let cut = history.findLastIndex((e) => e.type === 'turn-started');
  const usedUp = (from: number): boolean =>
    history.slice(from).some((e) => e.type === 'timer-fired' && lastTimerOf(history, e.id) !== undefined);
  if (usedUp(cut)) {
    const fired = history.slice(cut).find((e) => e.type === 'timer-fired');
    const created = fired?.type === 'timer-fired' ? lastTimerOf(history, fired.id) : undefined;
    if (created !== undefined) cut = history.slice(0, created).findLastIndex((e) => e.type === 'turn-started');
  }
  const again: InboxEvent[] = [];
  for (const event of history.slice(cut)) {
    if (isScheduled(event) || NOT_AGAIN.has(event.type)) continue;
    if (event.type === 'timer-fired' && lastTimerOf(history, event.id) !== undefined) continue;
    again.push(event as InboxEvent);
  }
  return { kept: history.slice(0, cut), again };
}

const NOT_AGAIN: ReadonlySet<HistoryEvent['type']> = new Set([
  'turn-started',
  'turn-completed',
  'task-failed',
  'sub-failed',
  'rewound',
  'execution-completed',
  'suspended',
  'resumed',
  'terminated',
]);

/** Index of the timer's creation, when it is the one after the last try of a retry. */
function lastTimerOf(history: readonly HistoryEvent[], id: number): number | undefined {
  const index = history.findIndex((e) => e.type === 'timer-created' && e.id === id);
  const event = history[index];
  return event?.type === 'timer-created' && event.purpose.kind === 'retry' && !event.purpose.next ? index : undefined;
}
