/** Runs an orchestration's story by hand: no durable host, no timers, every activity call visible. */
import type { Task } from 'durable-functions';
import type { Step, Steps, Story } from '../../src/orchestrators/durable';

type Activity = (input: never) => Promise<unknown>;

export interface Call {
  readonly name: string;
  readonly input: unknown;
}

export interface StoryRun<O> {
  readonly result: O;
  readonly calls: readonly Call[];
  /** Milliseconds that the story slept, in order. */
  readonly sleeps: readonly number[];
}

interface Wanted {
  readonly call?: Call & { readonly attempts: number };
  readonly sleep?: number;
}

/** Calls activities as a host would, with their retries, and gives what the story returned. */
export async function runStory<I, O>(
  story: Story<I, O>,
  input: I,
  activities: Readonly<Record<string, Activity>>,
  startMs = 0,
  instanceId = 'instance-1',
): Promise<StoryRun<O>> {
  const calls: Call[] = [];
  const sleeps: number[] = [];
  let now = startMs;
  const steps: Steps = {
    instanceId,
    now: () => now,
    *run(name, activityInput, retry) {
      const wanted: Wanted = { call: { name, input: activityInput, attempts: retry?.maxAttempts ?? 1 } };
      return (yield wanted as unknown as Task) as never;
    },
    *sleep(ms) {
      yield { sleep: ms } as unknown as Task;
    },
  };
  const generator: Step<O> = story(steps, input);
  let next = generator.next();
  while (!next.done) {
    const wanted = next.value as unknown as Wanted;
    if (wanted.sleep !== undefined) {
      sleeps.push(wanted.sleep);
      now += wanted.sleep;
      next = generator.next(undefined);
      continue;
    }
    const { name, input: activityInput, attempts } = wanted.call!;
    const activity = activities[name];
    if (!activity) throw new Error(`the story calls ${name}, which nobody registered`);
    let outcome: { ok: true; value: unknown } | { ok: false; error: unknown } = { ok: false, error: undefined };
    for (let attempt = 1; attempt <= attempts && !outcome.ok; attempt++) {
      calls.push({ name, input: activityInput });
      // Through JSON, as the wire does it.
      const plain = JSON.parse(JSON.stringify(activityInput)) as never;
      outcome = await activity(plain).then(
        (value) => ({
          ok: true as const,
          value: value === undefined ? undefined : (JSON.parse(JSON.stringify(value)) as unknown),
        }),
        (error: unknown) => ({ ok: false as const, error }),
      );
    }
    next = outcome.ok ? generator.next(outcome.value) : generator.throw(outcome.error);
  }
  return { result: next.value, calls, sleeps };
}
