/**
 * The first half of a turn: which waiting events an execution takes in, in which order, and what follows from them without
 * user code.
 *
 * Invariants:
 * 1. Events with a follow-up come before all others, because the library hands out their ids before user code goes on;
 *    otherwise the order of arrival is kept, unless nothing can see it (see {@link Awaiting.orderIsFree}).
 * 2. A completion of work that is not open is stale and changes nothing.
 * 3. While suspended, only control events are taken; the rest stays where it is.
 */
import type { Awaiting } from './awaiting';
import type { Execution } from './execution';
import { EndlessRetryError, followUp, hasFollowUp, type TimerLimits } from './follow-up';
import type { CompletionEvent, HistoryEvent, InboxEvent, ScheduledEvent } from './history-event';
import { isCompletion } from './history-event';
import type { Outbound } from './outbound';
import { known } from './known';

export interface ReceiveOptions {
  readonly now: number;
  readonly limits: TimerLimits;
  /** Set when the code is known to sleep on: then only events with a follow-up are taken. */
  readonly asleep: boolean;
  readonly awaiting: Awaiting | undefined;
  /** Take no more than one event that wakes the code; see {@link AmbiguousTaskError}. */
  readonly oneAtATime?: boolean;
  readonly subId: (id: number) => string;
}

export interface Reception {
  /** Indexes into the inbox of events now in the history. */
  readonly taken: readonly number[];
  /** Indexes of events to be thrown away. */
  readonly stale: readonly number[];
  /** To be applied to the execution and stored. Empty when there is nothing to do. */
  readonly events: readonly HistoryEvent[];
  readonly outbound: readonly Outbound[];
  /** Ids that took the place of others: [from, to]. */
  readonly moved: readonly (readonly [number, number])[];
  readonly needsCode: boolean;
}

export function receive(execution: Execution, inbox: readonly InboxEvent[], options: ReceiveOptions): Reception {
  const terminated = inbox.findIndex((e) => e.type === 'terminated');
  if (terminated >= 0) return terminate(inbox, terminated, options.now);
  const { active, passive, stale } = sort(execution, inbox, options);
  const free = options.awaiting?.orderIsFree === true && passive.every((i) => inbox[i]?.type === 'task-completed');
  // The library looks through all tasks of a `Task.all` from the front at each result, up to the first open one.
  const order = free ? passive.sort((a, b) => completionId(inbox[b]) - completionId(inbox[a])) : passive;
  if (options.oneAtATime) {
    const first = order.findIndex((i) => wakes(known(inbox[i], 'a letter')));
    order.splice(first + 1, Infinity);
  }
  const taken = [...active, ...order];
  if (taken.length === 0) return { taken, stale, events: [], outbound: [], moved: [], needsCode: false };

  const events: HistoryEvent[] = [{ type: 'turn-started', at: options.now }];
  const scheduled: ScheduledEvent[] = [];
  const outbound: Outbound[] = [];
  const moved: [number, number][] = [];
  let nextId = execution.nextId;
  for (const index of taken) events.push(known(inbox[index], 'a letter'));
  try {
    for (const index of active) {
      const event = known(inbox[index], 'a letter') as CompletionEvent;
      const follow = followUp(execution, event, nextId, options.now, options.limits, options.subId);
      nextId = Math.max(nextId, follow.successor + 1, ...follow.events.map(lastId));
      scheduled.push(...follow.events);
      outbound.push(...follow.outbound);
      moved.push([event.id, follow.successor]);
    }
  } catch (error) {
    if (!(error instanceof EndlessRetryError)) throw error;
    const end: HistoryEvent = {
      type: 'execution-completed',
      at: options.now,
      status: 'Failed',
      output: JSON.stringify(error.message),
    };
    return { taken, stale, events: [...events, end], outbound: [], moved: [], needsCode: false };
  }
  const needsCode = order.some((i) => wakes(known(inbox[i], 'a letter')));
  events.push(...scheduled);
  if (!needsCode) events.push({ type: 'turn-completed', at: options.now, leaves: execution.leaves });
  return { taken, stale, events, outbound, moved, needsCode };
}

/** Splits the inbox into events with a follow-up, others to be taken now, and stale ones. What is in none of them waits. */
function sort(
  execution: Execution,
  inbox: readonly InboxEvent[],
  options: ReceiveOptions,
): { active: number[]; passive: number[]; stale: number[] } {
  const active: number[] = [];
  const passive: number[] = [];
  const stale: number[] = [];
  const seen = new Set<number>();
  const lastControl = inbox.findLast((e) => e.type === 'suspended' || e.type === 'resumed');
  const suspended = lastControl ? lastControl.type === 'suspended' : execution.suspended;
  let started = execution.started !== undefined || inbox.some((e) => e.type === 'execution-started');
  inbox.forEach((event, index) => {
    if (event.type === 'suspended' || event.type === 'resumed') passive.push(index);
    else if (event.type === 'execution-started' && execution.started) stale.push(index);
    else if (suspended || !started) return;
    else if (!isCompletion(event)) {
      if (!options.asleep || event.type === 'execution-started') passive.push(index);
      if (event.type === 'execution-started') started = true;
    } else if (!execution.open.has(event.id) || seen.has(event.id)) stale.push(index);
    else {
      seen.add(event.id);
      if (hasFollowUp(execution, event, options.now)) active.push(index);
      else if (!options.asleep) passive.push(index);
    }
  });
  // The start comes first whatever arrived before it.
  passive.sort(
    (a, b) => Number(inbox[b]?.type === 'execution-started') - Number(inbox[a]?.type === 'execution-started'),
  );
  return { active, passive, stale };
}

function terminate(inbox: readonly InboxEvent[], index: number, now: number): Reception {
  const event = known(inbox[index], 'a letter') as Extract<InboxEvent, { type: 'terminated' }>;
  const output = event.reason === undefined ? {} : { output: JSON.stringify(event.reason) };
  return {
    taken: [index],
    stale: inbox.map((_, i) => i).filter((i) => i !== index),
    events: [
      { type: 'turn-started', at: now },
      event,
      { type: 'execution-completed', at: now, status: 'Terminated', ...output },
    ],
    outbound: [],
    moved: [],
    needsCode: false,
  };
}

function wakes(event: InboxEvent): boolean {
  return event.type !== 'suspended' && event.type !== 'resumed';
}

function completionId(event: InboxEvent | undefined): number {
  return event && isCompletion(event) ? event.id : -1;
}

function lastId(event: ScheduledEvent): number {
  return (event.type === 'timer-created' && event.purpose.kind === 'poll' ? event.purpose.id : event.id) + 1;
}
