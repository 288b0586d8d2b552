/**
 * What happened to one execution of an orchestration, in the engine's own words. The history is the only truth: an
 * {@link Execution} is rebuilt from it alone. Nothing here knows the JSON that a library reads or the rows that a store keeps.
 *
 * Invariants:
 * 1. `at` and `fireAt` are milliseconds since the epoch; `input` and `result` are JSON text.
 * 2. Ids of scheduled work count up from 0 in the order in which the library counts them (durable-functions 3.5,
 *    `TaskOrchestrationExecutor.trackOpenTask`).
 * 3. `leaf` is the place of the command in the flattened list of commands; absent on work that the engine added by itself
 *    (retries, parts of long timers, polls).
 */

/** Why something failed, in the parts that the library shows to user code. */
export interface Failure {
  readonly reason: string;
  readonly details: string;
  /** Structured details, when the activity supplied them (`df.app.setExceptionPropertiesProvider`). */
  readonly structured?: Readonly<Record<string, unknown>>;
}

/** Times in milliseconds. Source: `RetryOptions` of durable-functions and of DurableTask.Core, which reads them. */
export interface RetryPolicy {
  readonly firstIntervalMs: number;
  readonly maxAttempts: number;
  readonly backoff: number;
  readonly maxIntervalMs?: number;
  readonly timeoutMs?: number;
}

export interface RetryProgress {
  readonly policy: RetryPolicy;
  /** 1 for the first try. */
  readonly attempt: number;
  readonly firstAt: number;
}

export interface HttpCall {
  readonly method: string;
  readonly uri: string;
  readonly content?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Follow `202 Accepted` with `Location` until another status comes. */
  readonly polling: boolean;
  readonly tokenResource?: string;
}

export interface ActivityWork {
  readonly kind: 'activity';
  readonly name: string;
  readonly input?: string;
}
export interface HttpWork {
  readonly kind: 'http';
  readonly call: HttpCall;
}
export interface SubOrchestration {
  readonly kind: 'sub';
  readonly name: string;
  readonly instanceId: string;
  /** The instance id was made by the engine, so a new try gets a new one. */
  readonly generatedId?: true;
  readonly input?: string;
  readonly version?: string;
}

export interface NextTry {
  readonly work: ActivityWork | SubOrchestration;
  readonly retry: RetryProgress;
  /** Set when the policy's time is up: the library still counts tries, so they are played out at once with this failure. */
  readonly givenUp?: Failure;
}

/** What a timer of the engine's own leads to. `user` timers lead back to user code only. */
export type TimerPurpose =
  | { readonly kind: 'user' }
  /** Part of a timer longer than the longest single one; `finalAt` is when the whole is due. */
  | { readonly kind: 'long'; readonly finalAt: number }
  /** Between two tries. Without `next` the tries are used up, and the library waits for this last timer all the same. */
  | { readonly kind: 'retry'; readonly next?: NextTry }
  /** Before the next poll, whose id is already taken. */
  | { readonly kind: 'poll'; readonly id: number; readonly call: HttpCall };

/** What is sent to an entity. */
export type EntityMessage =
  | { readonly kind: 'call'; readonly op: string; readonly input?: string; readonly requestId: string }
  | { readonly kind: 'signal'; readonly op: string; readonly input?: string; readonly requestId: string }
  | { readonly kind: 'lock'; readonly requestId: string; readonly entities: readonly string[] }
  | { readonly kind: 'release'; readonly requestId: string };

interface At {
  readonly at: number;
}
interface Scheduled extends At {
  readonly id: number;
  readonly leaf?: number;
}

export type ScheduledEvent =
  | (Scheduled & {
      readonly type: 'task-scheduled';
      readonly work: ActivityWork | HttpWork;
      readonly retry?: RetryProgress;
    })
  | (Scheduled & { readonly type: 'sub-created'; readonly work: SubOrchestration; readonly retry?: RetryProgress })
  | (Scheduled & { readonly type: 'timer-created'; readonly fireAt: number; readonly purpose: TimerPurpose })
  | (Scheduled & { readonly type: 'message-sent'; readonly target: string; readonly message: EntityMessage });

/** Events that reach an execution from outside a turn. */
export type InboxEvent =
  | (At & {
      readonly type: 'execution-started';
      readonly name: string;
      readonly input: string;
      readonly version?: string;
      readonly generation: number;
    })
  | (At & {
      readonly type: 'task-completed';
      readonly id: number;
      readonly result: string;
      /** Set when an HTTP call was answered by `202 Accepted` and is to be asked again. */
      readonly pollAgain?: { readonly uri: string; readonly afterMs: number };
    })
  | (At & { readonly type: 'task-failed'; readonly id: number; readonly failure: Failure })
  | (At & { readonly type: 'sub-completed'; readonly id: number; readonly result: string })
  | (At & { readonly type: 'sub-failed'; readonly id: number; readonly failure: Failure })
  | (At & { readonly type: 'timer-fired'; readonly id: number; readonly fireAt: number })
  | (At & { readonly type: 'event-raised'; readonly name: string; readonly input: string })
  | (At & { readonly type: 'suspended'; readonly reason?: string })
  | (At & { readonly type: 'resumed'; readonly reason?: string })
  | (At & { readonly type: 'terminated'; readonly reason?: string });

export type HistoryEvent =
  | InboxEvent
  | ScheduledEvent
  | (At & { readonly type: 'turn-started' })
  /** `leaves`: how many leaves of the list of commands are spoken for by now. */
  | (At & { readonly type: 'turn-completed'; readonly leaves: number })
  | (At & { readonly type: 'rewound'; readonly reason?: string })
  | (At & { readonly type: 'execution-completed'; readonly status: FinalStatus; readonly output?: string });

export type FinalStatus = 'Completed' | 'Failed' | 'Terminated' | 'ContinuedAsNew';

/** An event that ends one piece of open work. */
export type CompletionEvent = Extract<InboxEvent, { readonly id: number }>;

export function isCompletion(event: InboxEvent): event is CompletionEvent {
  return 'id' in event;
}

export function isScheduled(event: HistoryEvent): event is ScheduledEvent {
  return (
    event.type === 'task-scheduled' ||
    event.type === 'sub-created' ||
    event.type === 'timer-created' ||
    event.type === 'message-sent'
  );
}
