/** An orchestrator whose next version calls another activity. */
import * as df from 'durable-functions';

df.app.activity('echo', { handler: (v: unknown) => v });
df.app.activity('other', { handler: (v: unknown) => v });
const first = process.env['CHANGED'] === '1' ? 'other' : 'echo';

df.app.orchestration('changing', function* (c) {
  yield c.df.callActivity(first, 1);
  return yield c.df.waitForExternalEvent('go');
});
