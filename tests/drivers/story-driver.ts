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
  /** Calls side by side. */
  readonly all?: readonly Call[];
  readonly sleep?: number;
}

type Outcome = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: unknown };

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
    *all(name, inputs) {
      if (inputs.length === 0) return [];
      const wanted: Wanted = { all: inputs.map((one) => ({ name, input: one })) };
      return (yield wanted as unknown as Task) as never;
    },
    *sleep(ms) {
      yield { sleep: ms } as unknown as Task;
    },
  };

  async function once({ name, input: activityInput }: Call): Promise<Outcome> {
    const activity = activities[name];
    if (!activity) throw new Error(`the story calls ${name}, which nobody registered`);
    calls.push({ name, input: activityInput });
    // Through JSON, as the wire does it.
    const plain = JSON.parse(JSON.stringify(activityInput)) as never;
    return activity(plain).then(
      (value) => ({
        ok: true as const,
        value: value === undefined ? undefined : (JSON.parse(JSON.stringify(value)) as unknown),
      }),
      (error: unknown) => ({ ok: false as const, error }),
    );
  }

  async function allOf(wanted: readonly Call[]): Promise<Outcome> {
    const outcomes = await Promise.all(wanted.map(once));
    const failed = outcomes.find((outcome) => !outcome.ok);
    return failed ?? { ok: true, value: outcomes.map((outcome) => (outcome.ok ? outcome.value : undefined)) };
  }

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
    const { attempts, ...call } = wanted.call ?? { attempts: 1 };
    let outcome: Outcome = { ok: false, error: undefined };
    for (let attempt = 1; attempt <= attempts && !outcome.ok; attempt++)
      outcome = wanted.all ? await allOf(wanted.all) : await once(call as Call);
    next = outcome.ok ? generator.next(outcome.value) : generator.throw(outcome.error);
  }
  return { result: next.value, calls, sleeps };
}
