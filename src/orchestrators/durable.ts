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
  sleep(ms: number): Step<void>;
}

/** A story told in steps. */
export type Story<I, O> = (steps: Steps, input: I) => Step<O>;

/** The orchestrator that durable-functions runs, made of a story. */
export function orchestrator<I, O>(story: Story<I, O>): (context: OrchestrationContext) => Generator<Task, O, unknown> {
  return function* (context) {
    const { input, traceparent } = context.df.getInput<Started<I>>();
    return yield* story(stepsOf(context, traceparent), input);
  };
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
