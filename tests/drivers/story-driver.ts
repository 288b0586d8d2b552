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
  /** Milliseconds that the story slept, in order; what lies between two tries of a step is not in it. */
  readonly sleeps: readonly number[];
  /** Entries of the history of each execution, as a durable host would have them: more than one where the story went on anew. */
  readonly histories: readonly number[];
}

export interface StoryOptions {
  /** Milliseconds since the epoch. @default 0 */
  readonly startMs?: number;
  readonly instanceId?: string;
  /** How long each step takes, those side by side together, in milliseconds. @default 0 */
  readonly stepMs?: number;
  /** Told whenever time goes on: by the story's own sleep, between two tries, and by `stepMs`. */
  readonly onTime?: (nowMs: number) => void;
}

interface Wanted {
  readonly call?: Call & { readonly attempts: number; readonly firstDelayMs: number };
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
  { startMs = 0, instanceId = 'instance-1', stepMs = 0, onTime }: StoryOptions = {},
): Promise<StoryRun<O>> {
  const calls: Call[] = [];
  const sleeps: number[] = [];
  const histories: number[] = [];
  let now = startMs;
  let anew: { readonly input: unknown } | undefined;
  const steps: Steps = {
    instanceId,
    now: () => now,
    *run(name, activityInput, retry) {
      const { maxAttempts: attempts, firstDelayMs } = retry ?? { maxAttempts: 1, firstDelayMs: 0 };
      const wanted: Wanted = { call: { name, input: activityInput, attempts, firstDelayMs } };
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
    anew(next: unknown) {
      anew = { input: JSON.parse(JSON.stringify(next)) as unknown };
      return undefined as never;
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

  function pass(ms: number): void {
    now += ms;
    onTime?.(now);
  }

  async function execute(given: I): Promise<O> {
    const generator: Step<O> = story(steps, given);
    let next = generator.next();
    let entries = 1;
    while (!next.done) {
      const wanted = next.value as unknown as Wanted;
      // The turn that the answer begins.
      entries += 2;
      if (wanted.sleep !== undefined) {
        entries += 2;
        sleeps.push(wanted.sleep);
        pass(wanted.sleep);
        next = generator.next(undefined);
        continue;
      }
      const { attempts, firstDelayMs, ...call } = wanted.call ?? { attempts: 1, firstDelayMs: 0 };
      let outcome: Outcome = { ok: false, error: undefined };
      for (let attempt = 1; attempt <= attempts && !outcome.ok; attempt++) {
        // A timer before each further try, and the turn that it begins.
        if (attempt > 1) pass(Math.min(firstDelayMs * 2 ** (attempt - 2), LONGEST_DELAY_MS));
        entries += (attempt > 1 ? 4 : 0) + 2 * (wanted.all?.length ?? 1);
        if (stepMs > 0) pass(stepMs);
        outcome = wanted.all ? await allOf(wanted.all) : await once(call as Call);
      }
      next = outcome.ok ? generator.next(outcome.value) : generator.throw(outcome.error);
    }
    histories.push(entries);
    return next.value;
  }

  for (let given = input; ;) {
    anew = undefined;
    const result = await execute(given);
    const following = anew as { readonly input: unknown } | undefined;
    if (!following) return { result, calls, sleeps, histories };
    given = following.input as I;
  }
}

/** As orchestrators/durable.ts sets it. */
const LONGEST_DELAY_MS = 60_000;
