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

it('retry options that are no numbers fail with what they are', async () => {
  const { status, output } = await host.run('impatient', { attempts: 3, timeout: 'soon' });
  expect(status).toBe('Failed');
  expect(output).toMatch(/The retry options have "soon" for retryTimeoutInMilliseconds, which must be a number\./);
});

it('a timer without a date fails, which a rewind does not change', async () => {
  const { status, output, row } = await host.run('sleepsUntilNever');
  expect({ status, output }).toEqual({
    status: 'Failed',
    output: expect.stringMatching(
      /^Orchestrator function 'sleepsUntilNever' failed: A durable timer was given an invalid date\./,
    ),
  });
  expect(await host.extension.client.rewind(row.id, 'again')).toBe('accepted');
  expect(await host.ended(row.id)).toMatchObject({ status: 'Failed', output });
});

it('a sub-orchestration under the id of an entity is refused, and leaves the entity alone', async () => {
  const { status, output } = await host.run('startsEntityAsSub');
  expect(status).toBe('Failed');
  expect(output).toMatch(
    /The instance id '@counterentity@taken' is not allowed: ids that begin with @ are those of entities/,
  );
  expect(host.extension.client.get('@counterentity@taken')).toBeUndefined();
});
