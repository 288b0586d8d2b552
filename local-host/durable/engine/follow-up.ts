/**
 * What the engine does about a completion by itself, without asking user code: the next try of a retry, the next part of a
 * long timer, the next poll of an HTTP call. The library gives out the same ids in the same order when it replays the
 * completion (`RetryableTask`, `LongTimerTask`, `CallHttpWithPollingTask` of durable-functions 3.5).
 */
import type { Execution } from './execution';
import type {
  ActivityWork,
  CompletionEvent,
  HttpCall,
  NextTry,
  RetryProgress,
  ScheduledEvent,
  SubOrchestration,
} from './history-event';
import type { Outbound } from './outbound';
import { retryDelayMs, retryTimedOut } from './retry';
import { known } from './known';

/** Limits on a single timer. Source: the Azure Storage provider; the library splits by the same numbers. */
export interface TimerLimits {
  readonly longestMs: number;
  readonly partMs: number;
}

export interface FollowUp {
  /** Takes the place of the completed id for whoever waits on it. */
  readonly successor: number;
  readonly events: readonly ScheduledEvent[];
  readonly outbound: readonly Outbound[];
}

/** Tries that are played out after a policy's time is up, before the orchestration is failed instead. */
const MOST_PLAYED_OUT_TRIES = 100;

/** Thrown when a retry policy cannot be carried out in a way that the library would follow. */
export class EndlessRetryError extends Error {
  override readonly name = 'EndlessRetryError';
}

/** Whether the completion leads to more work of the engine's own, and user code does not see it yet. */
export function hasFollowUp(execution: Execution, event: CompletionEvent, now: number): boolean {
  switch (event.type) {
    case 'task-failed':
    case 'sub-failed':
      return execution.retryOf(event.id) !== undefined;
    case 'task-completed':
      return event.pollAgain !== undefined && execution.callOf(event.id)?.polling === true;
    case 'timer-fired': {
      const purpose = execution.purposeOf(event.id);
      if (purpose?.kind === 'long') return purpose.finalAt > now;
      return purpose?.kind === 'poll' || (purpose?.kind === 'retry' && purpose.next !== undefined);
    }
    case 'sub-completed':
      return false;
  }
}

/**
 * The follow-up of a completion for which {@link hasFollowUp} holds. The execution must not have applied the completion yet;
 * `nextId` is the first free id.
 */
export function followUp(
  execution: Execution,
  event: CompletionEvent,
  nextId: number,
  now: number,
  limits: TimerLimits,
  subId: (id: number) => string,
): FollowUp {
  const scheduled = execution.open.get(event.id)?.event;
  if (event.type === 'task-failed' || event.type === 'sub-failed') {
    if (scheduled?.type !== 'task-scheduled' && scheduled?.type !== 'sub-created') throw new Error('No such work');
    const retry = known(scheduled.retry, 'a retry policy');
    const next = nextTry(scheduled.work as ActivityWork | SubOrchestration, retry, event, now);
    const fireAt = next && !next.givenUp ? now + retryDelayMs(retry) : now;
    return timer(nextId, now, fireAt, { kind: 'retry', ...(next ? { next } : {}) });
  }
  if (event.type === 'task-completed' && event.pollAgain) {
    const call = execution.callOf(event.id);
    if (!call) throw new Error('No such call');
    // The library counts the timer and the call together, so the call's id is taken now.
    return timer(nextId, now, now + event.pollAgain.afterMs, {
      kind: 'poll',
      id: nextId + 1,
      call: pollCall(call, event.pollAgain.uri),
    });
  }
  const purpose = execution.purposeOf(event.id);
  if (purpose?.kind === 'long') return longTimerPart(nextId, now, purpose.finalAt, limits);
  if (purpose?.kind === 'poll') {
    const work = { kind: 'http', call: purpose.call } as const;
    return {
      successor: purpose.id,
      events: [{ type: 'task-scheduled', at: now, id: purpose.id, work }],
      outbound: [{ kind: 'start-task', id: purpose.id, work }],
    };
  }
  if (purpose?.kind === 'retry' && purpose.next) return startTry(nextId, now, purpose.next, subId);
  throw new Error('This completion has no follow-up');
}

/** A timer, or the first part of one that is longer than a single timer may be. */
export function longTimerPart(id: number, now: number, finalAt: number, limits: TimerLimits, leaf?: number): FollowUp {
  const fireAt = finalAt - now > limits.longestMs ? now + limits.partMs : finalAt;
  return timer(id, now, fireAt, { kind: 'long', finalAt }, leaf);
}

function timer(
  id: number,
  now: number,
  fireAt: number,
  purpose: Extract<ScheduledEvent, { type: 'timer-created' }>['purpose'],
  leaf?: number,
): FollowUp {
  return {
    successor: id,
    events: [{ type: 'timer-created', at: now, id, fireAt, purpose, ...(leaf === undefined ? {} : { leaf }) }],
    outbound: [{ kind: 'start-timer', id, fireAt }],
  };
}

function nextTry(
  work: ActivityWork | SubOrchestration,
  retry: RetryProgress,
  event: Extract<CompletionEvent, { type: 'task-failed' | 'sub-failed' }>,
  now: number,
): NextTry | undefined {
  const left = retry.policy.maxAttempts - retry.attempt;
  if (left <= 0) return undefined;
  const next = { work, retry: { ...retry, attempt: retry.attempt + 1 } };
  if (!retryTimedOut(retry, now)) return next;
  if (left > MOST_PLAYED_OUT_TRIES)
    throw new EndlessRetryError(
      `The retry timeout of '${work.name}' passed with ${left} tries left. The library does not know retry timeouts and would ` +
        'wait for every one of them; lower maxNumberOfAttempts so that the tries end before the timeout.',
    );
  return { ...next, givenUp: event.failure };
}

function startTry(id: number, now: number, next: NextTry, subId: (id: number) => string): FollowUp {
  const work = next.work.kind === 'sub' && next.work.generatedId ? { ...next.work, instanceId: subId(id) } : next.work;
  const event: ScheduledEvent =
    work.kind === 'sub'
      ? { type: 'sub-created', at: now, id, work, retry: next.retry }
      : { type: 'task-scheduled', at: now, id, work, retry: next.retry };
  const of = work.kind === 'sub' ? 'sub' : 'task';
  const outbound: Outbound = next.givenUp
    ? { kind: 'fail', id, of, failure: next.givenUp }
    : work.kind === 'sub'
      ? { kind: 'start-sub', id, work }
      : { kind: 'start-task', id, work };
  return { successor: id, events: [event], outbound: [outbound] };
}

/** What another origin must not see: whoever answers 202 could else send the app's credentials anywhere. */
const CREDENTIALS = new Set(['authorization', 'cookie', 'x-functions-key', 'proxy-authorization']);

/** A poll has the headers of the call and no content. To another origin it goes without credentials, as in the extension. */
function pollCall(call: HttpCall, uri: string): HttpCall {
  const { content: _, tokenResource, headers, ...rest } = call;
  const poll = { ...rest, method: 'GET', uri };
  if (originOf(uri) === originOf(call.uri))
    return {
      ...poll,
      ...(headers === undefined ? {} : { headers }),
      ...(tokenResource === undefined ? {} : { tokenResource }),
    };
  const harmless = Object.entries(headers ?? {}).filter(([name]) => !CREDENTIALS.has(name.toLowerCase()));
  return { ...poll, ...(headers === undefined ? {} : { headers: Object.fromEntries(harmless) }) };
}

function originOf(uri: string): string {
  return URL.canParse(uri) ? new URL(uri).origin : uri;
}
