/** Random programs, run by the real library on the pure state machine, with completions in random order and batches. */
import fc from 'fast-check';
import * as df from 'durable-functions';
import { Execution } from '../../../../../local-host/durable/engine/execution';
import type { InboxEvent } from '../../../../../local-host/durable/engine/history-event';
import type { Outbound } from '../../../../../local-host/durable/engine/outbound';
import { EngineDriver } from './driver';
import type { Program } from './library-turn';

type Step =
  | { readonly kind: 'activity' | 'sub' | 'timer' | 'event' | 'uncaught' }
  | { readonly kind: 'all' | 'any' | 'asCompleted' | 'raceTimer'; readonly width: number }
  | { readonly kind: 'retry' | 'mixed'; readonly failures: number; readonly attempts: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.constantFrom<Step>(
    { kind: 'activity' },
    { kind: 'sub' },
    { kind: 'timer' },
    { kind: 'event' },
    { kind: 'uncaught' },
  ),
  fc.record({
    kind: fc.constantFrom('all', 'any', 'asCompleted', 'raceTimer'),
    width: fc.integer({ min: 1, max: 5 }),
  }) as fc.Arbitrary<Step>,
  fc.record({
    kind: fc.constantFrom('retry', 'mixed'),
    failures: fc.integer({ min: 0, max: 3 }),
    attempts: fc.integer({ min: 1, max: 4 }),
  }) as fc.Arbitrary<Step>,
);

const failing = { fails: true };

function programOf(steps: readonly Step[]): Program {
  return function* (context: never) {
    const c = (context as { df: df.DurableOrchestrationContext }).df;
    const run = (name: string, extra: object = {}): df.Task => c.callActivity('work', { name, ...extra });
    const soon = (ms: number): Date => new Date(c.currentUtcDateTime.getTime() + ms);
    const out: unknown[] = [];
    for (const [i, s] of steps.entries()) {
      const name = String(i);
      switch (s.kind) {
        case 'activity':
          out.push(yield run(name));
          break;
        case 'sub':
          out.push(yield c.callSubOrchestrator('child', { name }));
          break;
        case 'timer':
          yield c.createTimer(soon(1000));
          out.push('timer');
          break;
        case 'event':
          out.push(yield c.waitForExternalEvent(`e${name}`));
          break;
        case 'uncaught':
          try {
            yield run(name, failing);
          } catch {
            out.push('caught');
          }
          break;
        case 'all':
          out.push(yield c.Task.all(Array.from({ length: s.width }, (_, k) => run(`${name}.${k}`))));
          break;
        case 'any':
          yield c.Task.any(Array.from({ length: s.width }, (_, k) => run(`${name}.${k}`)));
          out.push('any');
          break;
        case 'asCompleted': {
          let pending = Array.from({ length: s.width }, (_, k) => run(`${name}.${k}`));
          const got: string[] = [];
          while (pending.length > 0) {
            const winner = (yield c.Task.any(pending)) as df.Task;
            got.push(winner.result as string);
            pending = pending.filter((t) => t !== winner);
          }
          out.push(got.sort());
          break;
        }
        case 'raceTimer': {
          const timer = c.createTimer(soon(1e9));
          for (let k = 0; k < s.width; k++) yield c.Task.any([c.waitForExternalEvent(`r${name}`), timer]);
          timer.cancel();
          out.push('raced');
          break;
        }
        case 'retry':
        case 'mixed': {
          const options = new df.RetryOptions(10, s.attempts);
          const retried = c.callActivityWithRetry('work', options, { name, failures: s.failures });
          try {
            out.push(yield s.kind === 'retry' ? retried : c.Task.all([run(`${name}.x`, failing), retried]));
          } catch {
            out.push('gave up');
          }
        }
      }
    }
    return out;
  };
}

function expected(steps: readonly Step[]): unknown[] {
  return steps.map((s, i) => {
    const names = 'width' in s ? Array.from({ length: s.width }, (_, k) => `${i}.${k}`) : [];
    switch (s.kind) {
      case 'activity':
      case 'sub':
        return String(i);
      case 'timer':
      case 'any':
        return s.kind;
      case 'event':
        return `e${i}`;
      case 'uncaught':
        return 'caught';
      case 'all':
      case 'asCompleted':
        return names;
      case 'raceTimer':
        return 'raced';
      case 'mixed':
        return 'gave up';
      case 'retry':
        return s.failures < s.attempts ? String(i) : 'gave up';
    }
  });
}

/** Answers started work; counts tries by name. */
class World {
  readonly #tries = new Map<string, number>();
  readonly started: string[] = [];

  answer(out: Outbound, at: number): InboxEvent | undefined {
    if (out.kind === 'start-timer') return { type: 'timer-fired', at, id: out.id, fireAt: out.fireAt };
    if (out.kind === 'start-sub')
      return {
        type: 'sub-completed',
        at,
        id: out.id,
        result: JSON.stringify((JSON.parse(out.work.input!) as { name: string }).name),
      };
    if (out.kind !== 'start-task' || out.work.kind !== 'activity') return undefined;
    const {
      name,
      failures = 0,
      fails = false,
    } = JSON.parse(out.work.input!) as { name: string; failures?: number; fails?: boolean };
    this.started.push(name);
    const tries = (this.#tries.get(name) ?? 0) + 1;
    this.#tries.set(name, tries);
    if (fails || tries <= failures)
      return { type: 'task-failed', at, id: out.id, failure: { reason: 'no', details: '' } };
    return { type: 'task-completed', at, id: out.id, result: JSON.stringify(name) };
  }
}

/** Whole numbers below a bound, the same for the same seed (Lehmer). */
function numbersFrom(seed: number): (below: number) => number {
  let state = (seed % 2147483646) + 1;
  return (below) => {
    state = (state * 48271) % 2147483647;
    return Math.floor((state / 2147483647) * below);
  };
}

test('random programs end with the right result, whatever the order of completions', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 6 }), fc.nat(1_000_000_000), async (steps, seed) => {
      const random = numbersFrom(seed);
      const driver = new EngineDriver(programOf(steps));
      const world = new World();
      const ids = new Set<number>();
      let handled = 0;
      const pending: Outbound[] = [];
      for (let round = 0; !driver.execution.completed; round++) {
        expect(round).toBeLessThan(500);
        await driver.turn();
        for (; handled < driver.outbound.length; handled++) {
          const out = driver.outbound[handled]!;
          if (out.kind === 'cancel-timer') continue;
          if ('id' in out) {
            expect(ids).not.toContain(out.id);
            ids.add(out.id);
          }
          pending.push(out);
        }
        // What the code waits for from outside comes now and then.
        for (const [i, s] of steps.entries()) {
          if (random(3) > 0) continue;
          if (s.kind === 'event' && !driver.history.some((e) => e.type === 'event-raised' && e.name === `e${i}`))
            driver.post({ type: 'event-raised', at: driver.now, name: `e${i}`, input: JSON.stringify(`e${i}`) });
          if (s.kind === 'raceTimer') driver.post({ type: 'event-raised', at: driver.now, name: `r${i}`, input: '1' });
        }
        for (let n = random(4); n > 0 && pending.length > 0; n--) {
          const [out] = pending.splice(random(pending.length), 1);
          // The long timer of a race never fires in this world.
          if (out!.kind === 'start-timer' && out!.fireAt > driver.now + 1e8) continue;
          const answer = world.answer(out!, driver.now);
          if (answer) driver.post(answer);
        }
        driver.now += 1 + random(50);
      }
      const { completed } = driver.execution;
      expect(JSON.parse(completed.output!)).toEqual(expected(steps));
      expect(completed.status).toBe('Completed');
      // The state is nothing but the history.
      const rebuilt = Execution.from(driver.history);
      expect(rebuilt).toEqual(driver.execution);
    }),
    { numRuns: Number(process.env['PROPERTY_RUNS'] ?? 150) },
  );
}, 60_000);

test('a fan-in of ten thousand costs two turns of the code', async () => {
  const width = 10_000;
  const driver = new EngineDriver(function* (context: never) {
    const c = (context as { df: df.DurableOrchestrationContext }).df;
    const all = (yield c.Task.all(Array.from({ length: width }, (_, i) => c.callActivity('work', i)))) as number[];
    return all.length;
  });
  await driver.turn();
  expect(driver.outbound).toHaveLength(width);
  for (const out of driver.outbound)
    if (out.kind === 'start-task') driver.post({ type: 'task-completed', at: driver.now, id: out.id, result: '1' });
  await driver.turn();
  expect(driver.execution.completed?.output).toBe('10000');
  expect(driver.codeTurns).toBe(2);
}, 30_000);
