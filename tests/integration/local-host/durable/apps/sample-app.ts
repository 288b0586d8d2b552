/** Orchestrations for the engine's tests, one for each thing that the library can do. */
import * as df from 'durable-functions';
import type { OrchestrationContext } from 'durable-functions';

const later = (c: OrchestrationContext, ms: number): Date => new Date(c.df.currentUtcDateTime.getTime() + ms);
const failures = new Map<string, number>();

df.app.activity('echo', { handler: (v: unknown) => v });
df.app.activity('double', { handler: (n: number) => n * 2 });
df.app.activity('fail', {
  handler: (text: string) => {
    throw new Error(text);
  },
});
df.app.activity('flaky', {
  handler: ({ key, okAt }: { key: string; okAt: number }) => {
    const n = (failures.get(key) ?? 0) + 1;
    failures.set(key, n);
    if (n < okAt) throw new Error(`try ${n}`);
    return n;
  },
});

df.app.orchestration('echoOne', function* (c) {
  return yield c.df.callActivity('echo', c.df.getInput());
});
df.app.orchestration('sequence', function* (c) {
  let n = c.df.getInput<number>();
  for (let i = 0; i < 5; i++) n = (yield c.df.callActivity('double', n)) as number;
  return n;
});
df.app.orchestration('fanOut', function* (c) {
  const width = c.df.getInput<number>();
  const results = (yield c.df.Task.all(
    Array.from({ length: width }, (_, i) => c.df.callActivity('double', i)),
  )) as number[];
  return results.reduce((a, b) => a + b, 0);
});
df.app.orchestration('asCompleted', function* (c) {
  let pending: df.Task[] = [1, 2, 3, 4].map((n) => c.df.callActivity('double', n));
  const results: number[] = [];
  while (pending.length > 0) {
    const winner = (yield c.df.Task.any(pending)) as df.Task;
    results.push(winner.result as number);
    pending = pending.filter((t) => t !== winner);
  }
  return results.sort((a, b) => a - b);
});
df.app.orchestration('retrying', function* (c) {
  const { max, interval, ...input } = c.df.getInput<{ key: string; okAt: number; max: number; interval: number }>();
  try {
    return yield c.df.callActivityWithRetry('flaky', new df.RetryOptions(interval, max), input);
  } catch (error) {
    return `gave up: ${(error as Error).message.split('\n')[0]}`;
  }
});
df.app.orchestration('sleeper', function* (c) {
  yield c.df.createTimer(later(c, c.df.getInput<number>()));
  return 'awake';
});
df.app.orchestration('eventOrTimeout', function* (c) {
  const timer = c.df.createTimer(later(c, c.df.getInput<number>()));
  const event = c.df.waitForExternalEvent('go');
  const winner = (yield c.df.Task.any([event, timer])) as df.Task;
  if (winner === timer) return 'timeout';
  timer.cancel();
  return event.result;
});
df.app.orchestration('timerInTwoRaces', function* (c) {
  const timer = c.df.createTimer(later(c, 60_000));
  const got: unknown[] = [];
  for (let i = 0; i < 2; i++) {
    const event = c.df.waitForExternalEvent('go');
    const winner = (yield c.df.Task.any([event, timer])) as df.Task;
    if (winner === timer) return 'timeout';
    got.push(event.result);
  }
  timer.cancel();
  got.push(yield c.df.callActivity('echo', 'after'));
  return got;
});
df.app.orchestration('mixedRetryRace', function* (c) {
  try {
    yield c.df.Task.all([
      c.df.callActivity('fail', 'A'),
      c.df.callActivityWithRetry('flaky', new df.RetryOptions(10, 3), { key: `mixed${c.df.instanceId}`, okAt: 2 }),
    ]);
  } catch {
    return yield c.df.callActivity('echo', 'C');
  }
  return 'not reached';
});
df.app.orchestration('counter', function* (c) {
  const n = c.df.getInput<number>();
  if (n < 5) c.df.continueAsNew(n + 1);
  yield c.df.callActivity('echo', n);
  return n;
});
df.app.orchestration('parent', function* (c) {
  const kids = [1, 2, 3].map((n) => c.df.callSubOrchestrator('sequence', n));
  return yield c.df.Task.all(kids);
});
df.app.orchestration('failing', function* (c) {
  yield c.df.callActivity('echo', 'first');
  yield c.df.callActivity('fail', 'broken');
});
df.app.orchestration('waiter', function* (c) {
  c.df.setCustomStatus({ waits: true });
  return yield c.df.waitForExternalEvent('go');
});
df.app.orchestration('impatient', function* (c) {
  const { attempts, timeout } = c.df.getInput<{ attempts: number; timeout: number }>();
  const options = new df.RetryOptions(20, attempts);
  options.retryTimeoutInMilliseconds = timeout;
  try {
    yield c.df.callActivityWithRetry('fail', options, 'always');
  } catch (error) {
    return `gave up: ${(error as Error).message.split('\n')[0]}`;
  }
});
df.app.orchestration('waitsForThePast', function* (c) {
  const first = c.df.callActivity('echo', 1);
  yield first;
  yield c.df.Task.all([first]);
  return 'not reached';
});
df.app.orchestration('waitsForNothing', function* (c) {
  yield c.df.callActivity('echo', 1);
  yield (c.df.getInput<string>() === 'promise' ? Promise.resolve(1) : { of: 'no task' }) as never;
  return 'not reached';
});
df.app.orchestration('sleepsUntilNever', function* (c) {
  yield c.df.createTimer(new Date(NaN));
});
df.app.orchestration('startsEntityAsSub', function* (c) {
  return yield c.df.callSubOrchestrator('echoOne', 1, '@counterentity@taken');
});
df.app.orchestration('waitsForChild', function* (c) {
  return yield c.df.callSubOrchestrator('twoEvents', null, `${c.df.instanceId}-child`);
});
df.app.orchestration('collector', function* (c) {
  const seen = [...(c.df.getInput<number[] | null>() ?? []), yield c.df.waitForExternalEvent('go')] as number[];
  if (seen.length < 2) c.df.continueAsNew(seen);
  return seen;
});
df.app.orchestration('twoEvents', function* (c) {
  return [yield c.df.waitForExternalEvent('go'), yield c.df.waitForExternalEvent('go')];
});
df.app.orchestration('dial', function* (c) {
  const { resource, ...call } = c.df.getInput<df.CallHttpOptions & { resource?: string }>();
  const tokenSource = resource === undefined ? {} : { tokenSource: new df.ManagedIdentityTokenSource(resource) };
  const { statusCode, content } = (yield c.df.callHttp({ ...call, ...tokenSource })) as {
    statusCode: number;
    content: string;
  };
  return [statusCode, content, yield c.df.callActivity('echo', 'after')];
});
df.app.orchestration('bigEcho', function* (c) {
  return yield c.df.callActivity('echo', c.df.getInput());
});

df.app.entity('counterEntity', (c: df.EntityContext<number>) => {
  const value = c.df.getState(() => 0)!;
  if (c.df.operationName === 'add') c.df.setState(value + c.df.getInput<number>()!);
  c.df.return(c.df.operationName === 'add' ? value + c.df.getInput<number>()! : value);
});
df.app.orchestration('transfer', function* (c) {
  const { from, to, amount } = c.df.getInput<{ from: string; to: string; amount: number }>();
  const a = new df.EntityId('counterEntity', from);
  const b = new df.EntityId('counterEntity', to);
  const lock = (yield c.df.lock([a, b])) as { release(): void };
  const have = (yield c.df.callEntity(a, 'get')) as number;
  if (have < amount) {
    lock.release();
    return 'too little';
  }
  yield c.df.callEntity(a, 'add', -amount);
  yield c.df.callEntity(b, 'add', amount);
  lock.release();
  return 'moved';
});
