/**
 * The only file that touches durable-functions inside orchestrations. Steps are generators: `const x = yield* step.run(…)`
 * gives a typed result, and everything an orchestrator may do is here.
 */
import * as df from 'durable-functions';
import type { OrchestrationContext, Task } from 'durable-functions';
import type { ActivityCall, Started } from '../domain/orchestration-call';

/** A piece of an orchestration that ends in a T. */
export type Step<T> = Generator<Task, T, unknown>;

export interface Retry {
  readonly maxAttempts: number;
  /** Before the second try; doubles each time, 60 s at most. */
  readonly firstDelayMs: number;
}

const LONGEST_DELAY_MS = 60_000;

/** The steps of one orchestration. */
export interface Steps {
  readonly instanceId: string;
  /** Milliseconds since the epoch, the same on every replay. */
  now(): number;
  /** Calls an activity by name; its type is that of the activity's function. */
  run<A extends (input: never) => Promise<unknown>>(
    name: string,
    input: Parameters<A>[0],
    retry?: Retry,
  ): Step<Awaited<ReturnType<A>>>;
  /**
   * Calls an activity for each input side by side and waits for all of them, without retries: where one of many fails after it was
   * tried again, Azure numbers what follows otherwise than the library. What can fail is a result of such an activity.
   */
  all<A extends (input: never) => Promise<unknown>>(
    name: string,
    inputs: readonly Parameters<A>[0][],
  ): Step<readonly Awaited<ReturnType<A>>[]>;
  sleep(ms: number): Step<void>;
  /**
   * Ends this execution and begins another one of the same instance, with this input and an empty history, so that no history grows
   * without end. The story returns what this gives, at once; nobody sees it.
   */
  anew(input: unknown): never;
}

/** A story told in steps. */
export type Story<I, O> = (steps: Steps, input: I) => Step<O>;

/** The orchestrator that durable-functions runs, made of a story. */
export function orchestrator<I, O>(story: Story<I, O>): (context: OrchestrationContext) => Generator<Task, O, unknown> {
  return function* (context) {
    const { input, traceparent } = startedWith<I>(context.df.getInput());
    return yield* story(stepsOf(context, traceparent), input);
  };
}

/** Whoever starts it through the host's own API gives the bare input. */
function startedWith<I>(given: unknown): Started<I> {
  const isOurs = typeof given === 'object' && given !== null && 'input' in given;
  return isOurs ? (given as Started<I>) : { input: given as I };
}

function stepsOf(context: OrchestrationContext, traceparent: string | undefined): Steps {
  return {
    instanceId: context.df.instanceId,
    now: () => context.df.currentUtcDateTime.getTime(),
    *run<A extends (input: never) => Promise<unknown>>(name: string, input: Parameters<A>[0], retry?: Retry) {
      const call: ActivityCall<unknown> = { input, ...(traceparent ? { traceparent } : {}) };
      const task = retry
        ? context.df.callActivityWithRetry(name, retryOptions(retry), call)
        : context.df.callActivity(name, call);
      return (yield task) as Awaited<ReturnType<A>>;
    },
    *all<A extends (input: never) => Promise<unknown>>(name: string, inputs: readonly Parameters<A>[0][]) {
      // One of none fails.
      if (inputs.length === 0) return [];
      const calls = inputs.map((input): ActivityCall<unknown> => ({ input, ...(traceparent ? { traceparent } : {}) }));
      const tasks = calls.map((call) => context.df.callActivity(name, call));
      return (yield context.df.Task.all(tasks)) as Awaited<ReturnType<A>>[];
    },
    anew(input: unknown) {
      const next: Started<unknown> = { input, ...(traceparent ? { traceparent } : {}) };
      context.df.continueAsNew(next);
      return undefined as never;
    },
    *sleep(ms) {
      yield context.df.createTimer(new Date(context.df.currentUtcDateTime.getTime() + ms));
    },
  };
}

function retryOptions({ maxAttempts, firstDelayMs }: Retry): df.RetryOptions {
  const options = new df.RetryOptions(firstDelayMs, maxAttempts);
  options.backoffCoefficient = 2;
  options.maxRetryIntervalInMilliseconds = LONGEST_DELAY_MS;
  return options;
}
