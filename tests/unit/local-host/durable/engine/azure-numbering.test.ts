import * as df from 'durable-functions';
import { azureNumberingProblem } from '../../../../../local-host/durable/engine/azure-numbering';
import { EngineDriver } from './driver';
import { libraryTurn, type Program } from './library-turn';

type Context = { df: df.DurableOrchestrationContext };

/** Runs a program, failing what the test names, in the order in which things were started. */
async function problemOf(
  program: (c: df.DurableOrchestrationContext) => Generator<df.Task, unknown, never>,
  fails: (name: string, nth: number) => boolean,
): Promise<string | undefined> {
  const wrapped = ((context: Context) => program(context.df)) as unknown as Program;
  const driver = new EngineDriver(wrapped);
  const tries = new Map<string, number>();
  let handled = 0;
  for (let round = 0; !driver.execution.completed && round < 50; round++) {
    await driver.turn();
    const batch = driver.outbound.slice(handled);
    handled = driver.outbound.length;
    for (const out of batch) {
      const at = driver.now;
      if (out.kind === 'start-timer' && out.fireAt < at + 1e6)
        driver.post({ type: 'timer-fired', at, id: out.id, fireAt: out.fireAt });
      if (out.kind !== 'start-task' || out.work.kind !== 'activity') continue;
      const { name } = out.work;
      const nth = (tries.get(name) ?? 0) + 1;
      tries.set(name, nth);
      if (fails(name, nth))
        driver.post({ type: 'task-failed', at, id: out.id, failure: { reason: 'r', details: 'd' } });
      else driver.post({ type: 'task-completed', at, id: out.id, result: '1' });
    }
    if (batch.length === 0) driver.post({ type: 'event-raised', at: driver.now, name: 'go', input: '1' });
    driver.now += 100;
  }
  expect(driver.execution.completed?.status).toBe('Completed');
  const { report } = await libraryTurn(wrapped, driver.history, driver.history.length);
  return azureNumberingProblem(driver.history, report.commands);
}

test('sequences with retries are numbered alike', async () => {
  const problem = await problemOf(
    function* (c) {
      yield c.callActivityWithRetry('b', new df.RetryOptions(10, 3));
      yield c.Task.all([c.callActivity('c'), c.callActivityWithRetry('d', new df.RetryOptions(10, 3))]);
      yield c.callActivity('e');
      return 1;
    },
    (name, nth) => (name === 'b' || name === 'd') && nth === 1,
  );
  expect(problem).toBeUndefined();
});

test('a step after a failed Task.all with a retry under way is numbered twice', async () => {
  const problem = await problemOf(
    function* (c) {
      try {
        yield c.Task.all([c.callActivity('a'), c.callActivityWithRetry('b', new df.RetryOptions(10, 3))]);
      } catch {
        yield c.callActivity('c');
        yield c.callActivity('c2');
      }
      return 1;
    },
    (name, nth) => name === 'a' || (name === 'b' && nth === 1),
  );
  expect(problem).toMatch(
    /In Azure, (activity 'b' and a later step would be mixed up|activity 'c' would get the number)/,
  );
});

test('a timer in two races, with a step after them, is started twice there', async () => {
  const program = (after: boolean) =>
    function* (c: df.DurableOrchestrationContext): Generator<df.Task, unknown, never> {
      const timer = c.createTimer(new Date(c.currentUtcDateTime.getTime() + 1e9));
      yield c.Task.any([c.waitForExternalEvent('go'), timer]);
      yield c.Task.any([c.waitForExternalEvent('go'), timer]);
      timer.cancel();
      if (after) yield c.callActivity('after');
      return 1;
    };
  expect(await problemOf(program(true), () => false)).toMatch(/a timer would be started a second time/);
  expect(await problemOf(program(false), () => false)).toBeUndefined();
});
