/**
 * The state of one execution, folded from its history. Pure: no I/O, no clock, no randomness.
 *
 * Invariants:
 * 1. `apply` is the only way in which the state changes, and depends on nothing but the event.
 * 2. Every id below `nextId` has exactly one scheduled event, save those reserved for polls that are not yet due.
 * 3. An id is in `open` from its scheduled event until its completion.
 */
import type { HistoryEvent, HttpCall, RetryProgress, ScheduledEvent, TimerPurpose } from './history-event';
import { isScheduled } from './history-event';

export interface OpenWork {
  readonly event: ScheduledEvent;
  readonly index: number;
}

export class Execution {
  readonly history: HistoryEvent[] = [];
  /** Work that has started and not ended, by id. */
  readonly open = new Map<number, OpenWork>();
  /** For each leaf of the command list: the index in `history` of its scheduled event; undefined for a repeated task. */
  readonly leafEvents: (number | undefined)[] = [];
  /** Requests to entities that wait for an answer: request id → id. */
  readonly requests = new Map<string, number>();
  /** Ids of work that ended in the newest turn. */
  readonly endedNow = new Set<number>();
  /** Ids of work that failed. */
  readonly failed = new Set<number>();
  nextId = 0;
  leaves = 0;
  suspended = false;
  /** Time of the newest turn, which user code sees as the current time. */
  turnAt = 0;
  started: Extract<HistoryEvent, { type: 'execution-started' }> | undefined;
  completed: Extract<HistoryEvent, { type: 'execution-completed' }> | undefined;
  /** Entities that this execution holds locked. */
  readonly locked = new Set<string>();

  static from(history: Iterable<HistoryEvent>): Execution {
    const execution = new Execution();
    for (const event of history) execution.apply(event);
    return execution;
  }

  apply(event: HistoryEvent): void {
    const index = this.history.push(event) - 1;
    if (isScheduled(event)) this.#schedule(event, index);
    else this.#settle(event);
  }

  #schedule(event: ScheduledEvent, index: number): void {
    this.nextId = Math.max(this.nextId, event.id + 1);
    // The id of the next poll is taken together with that of the timer before it.
    if (event.type === 'timer-created' && event.purpose.kind === 'poll')
      this.nextId = Math.max(this.nextId, event.purpose.id + 1);
    if (event.leaf !== undefined) this.leafEvents[event.leaf] = index;
    if (event.type === 'message-sent') {
      const { message } = event;
      if (message.kind === 'call' || message.kind === 'lock') {
        this.requests.set(message.requestId, event.id);
        this.open.set(event.id, { event, index });
      }
      if (message.kind === 'lock') for (const entity of message.entities) this.locked.add(entity);
      if (message.kind === 'release') this.locked.delete(event.target);
      return;
    }
    this.open.set(event.id, { event, index });
  }

  #settle(event: Exclude<HistoryEvent, ScheduledEvent>): void {
    switch (event.type) {
      case 'turn-started':
        this.turnAt = Math.max(this.turnAt, event.at);
        this.endedNow.clear();
        break;
      case 'turn-completed':
        this.leaves = event.leaves;
        break;
      case 'execution-started':
        this.started = event;
        break;
      case 'execution-completed':
        this.completed = event;
        break;
      case 'suspended':
        this.suspended = true;
        break;
      case 'resumed':
        this.suspended = false;
        break;
      case 'rewound':
        this.completed = undefined;
        break;
      case 'event-raised': {
        const id = this.requests.get(event.name);
        if (id === undefined) break;
        this.requests.delete(event.name);
        // Entities answer failures in the same form, so this may have been one.
        this.failed.add(id);
        this.#end(id);
        break;
      }
      case 'terminated':
        break;
      case 'task-failed':
      case 'sub-failed':
        this.failed.add(event.id);
        this.#end(event.id);
        break;
      default:
        this.#end(event.id);
    }
  }

  #end(id: number): void {
    this.open.delete(id);
    this.endedNow.add(id);
  }

  /** Retry state of open work, when a policy was given for it. */
  retryOf(id: number): RetryProgress | undefined {
    const event = this.open.get(id)?.event;
    return event?.type === 'task-scheduled' || event?.type === 'sub-created' ? event.retry : undefined;
  }

  /** The HTTP call of open work. */
  callOf(id: number): HttpCall | undefined {
    const event = this.open.get(id)?.event;
    return event?.type === 'task-scheduled' && event.work.kind === 'http' ? event.work.call : undefined;
  }

  /** What an open timer leads to. */
  purposeOf(id: number): TimerPurpose | undefined {
    const event = this.open.get(id)?.event;
    return event?.type === 'timer-created' ? event.purpose : undefined;
  }
}
