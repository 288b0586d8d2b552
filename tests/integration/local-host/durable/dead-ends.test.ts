/** Orchestrators that would hang in Azure, or could never end. Here each ends, and says why. */
import { startDurable, type DurableHost } from './durable-host';

let host: DurableHost;
beforeAll(async () => {
  host = await startDurable();
});
afterAll(() => host.stop());

it('one that waits for tasks that had all ended before fails with the reason, which is logged as well', async () => {
  const { status, output } = await host.run('waitsForThePast');
  expect(status).toBe('Failed');
  expect(output).toMatch(
    /waits for a task that can never end: every task it started has ended\. .*Task\.all or Task\.any/,
  );
  expect(host.logs.map((l) => l.message)).toContainEqual(expect.stringMatching(/can never end/));
});

it.each(['promise', 'object'])('one that yields what is no task, such as a %s, ends', async (what) => {
  const { status, output } = await host.run('waitsForNothing', what);
  expect(status).toBe('Failed');
  expect(output).toMatch(/Orchestration yielded data of type object\. Only Task types can be yielded/);
});

it('a retry timeout plays out the tries that are left, and gives up with the last failure', async () => {
  const { status, output } = await host.run('impatient', { attempts: 50, timeout: 1 });
  expect(status).toBe('Completed');
  expect(output).toMatch(/^gave up: Activity function 'fail' failed: {2}always/);
});

it('a retry timeout with more tries left than the library would count through fails with advice', async () => {
  const { status, output } = await host.run('impatient', { attempts: 100_000, timeout: 1 });
  expect(status).toBe('Failed');
  expect(output).toMatch(/The retry timeout of 'fail' passed with 999\d\d tries left\. .*lower maxNumberOfAttempts/);
});
