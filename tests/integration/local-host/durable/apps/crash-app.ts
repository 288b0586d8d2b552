/** Work for the crash test: every run of an activity leaves a line in a file that outlives the process. */
import { appendFileSync } from 'node:fs';
import * as df from 'durable-functions';

const journal = process.env['CRASH_JOURNAL']!;

df.app.activity('step', {
  handler: ({ instance, step }: { instance: string; step: number }) => {
    appendFileSync(journal, `${JSON.stringify({ kind: 'ran', work: `${instance}/${step}`, pid: process.pid })}\n`);
    return step;
  },
});
df.app.entity('total', (c: df.EntityContext<number>) => {
  const value = c.df.getState(() => 0)!;
  if (c.df.operationName === 'add') c.df.setState(value + c.df.getInput<number>()!);
  else c.df.return(value);
});
df.app.orchestration('crashChild', function* (c) {
  return yield c.df.callActivity('step', { instance: c.df.instanceId, step: 7 });
});
/** Comes after every signal that was sent before it started. */
df.app.orchestration('readTotal', function* (c) {
  return yield c.df.callEntity(new df.EntityId('total', 'all'), 'get');
});
df.app.orchestration('crashRun', function* (c) {
  const step = (n: number): df.Task => c.df.callActivity('step', { instance: c.df.instanceId, step: n });
  let sum = (yield step(1)) as number;
  const parts = (yield c.df.Task.all([step(2), step(3), step(4)])) as number[];
  sum += parts.reduce((a, b) => a + b);
  yield c.df.createTimer(new Date(c.df.currentUtcDateTime.getTime() + 20));
  sum += (yield c.df.callSubOrchestrator('crashChild', null, `${c.df.instanceId}-child`)) as number;
  c.df.signalEntity(new df.EntityId('total', 'all'), 'add', 1);
  const event = (yield c.df.waitForExternalEvent('go')) as number;
  sum += event;
  sum += (yield step(5)) as number;
  return sum;
});
