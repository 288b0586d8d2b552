import { VirtualClock } from '../../../../local-host/virtual-clock';
import { startDurable, temporaryFolder, type DurableHost } from './durable-host';

describe('Orchestrations of durable-functions 3', () => {
  let host: DurableHost;
  beforeAll(async () => {
    host = await startDurable();
  });
  afterAll(() => host.stop());

  it('runs activities one after the other', async () => {
    expect(await host.run('sequence', 1)).toMatchObject({ status: 'Completed', output: 32 });
  });

  it('fans out and in with two replays, whatever the width', async () => {
    const before = host.invocations.length;
    expect(await host.run('fanOut', 300)).toMatchObject({ output: 300 * 299 });
    expect(host.invocations.slice(before).filter((i) => i.name === 'fanOut')).toHaveLength(2);
  });

  it('hands over results as they come', async () => {
    expect(await host.run('asCompleted')).toMatchObject({ output: [2, 4, 6, 8] });
  });

  it('tries again as the policy says', async () => {
    expect(await host.run('retrying', { key: 'a', okAt: 3, max: 5, interval: 5 })).toMatchObject({ output: 3 });
  });

  it('gives up after the last try', async () => {
    const { output } = await host.run('retrying', { key: 'b', okAt: 9, max: 2, interval: 5 });
    expect(output).toMatch(/gave up: Activity function 'flaky' failed: {2}try 2/);
  });

  it('numbers tasks as the library does when a caught failure overtakes a retry', async () => {
    expect(await host.run('mixedRetryRace')).toMatchObject({ status: 'Completed', output: 'C' });
  });

  it('runs sub-orchestrations', async () => {
    expect(await host.run('parent')).toMatchObject({ output: [32, 64, 96] });
  });

  it('continues as new', async () => {
    expect(await host.run('counter', 1)).toMatchObject({ status: 'Completed', output: 5 });
  });

  it('fails with the activity that nobody caught', async () => {
    const { status, output } = await host.run('failing');
    expect(status).toBe('Failed');
    expect(output).toMatch(/^Orchestrator function 'failing' failed: Activity function 'fail' failed: {2}broken/);
  });

  it('keeps one timer in several races one timer', async () => {
    const id = await host.start('timerInTwoRaces');
    await host.extension.client.raiseEvent(id, 'go', '1');
    await host.extension.client.raiseEvent(id, 'go', '2');
    expect(await host.ended(id)).toMatchObject({ output: [1, 2, 'after'] });
  });

  it('carries ten megabytes', async () => {
    const big = 'x'.repeat(10 * 1024 * 1024);
    const { output } = await host.run('bigEcho', big);
    expect((output as string).length).toBe(big.length);
  });

  it('moves money between locked entities', async () => {
    const { client } = host.extension;
    await client.signalEntity('counterEntity', 'alice', 'add', '100');
    const runs = await Promise.all(
      Array.from({ length: 10 }, (_, i) =>
        host.run(
          'transfer',
          i % 2 ? { from: 'alice', to: 'bob', amount: 10 } : { from: 'bob', to: 'alice', amount: 10 },
        ),
      ),
    );
    const moved = runs.filter((r) => r.output === 'moved').length;
    expect(runs.every((r) => r.status === 'Completed')).toBe(true);
    expect(moved).toBeGreaterThanOrEqual(5);
    const sum = ['alice', 'bob']
      .map((k) => Number(client.entity('counterEntity', k)?.state ?? 0))
      .reduce((a, b) => a + b);
    expect(sum).toBe(100);
  });
});

describe('Time', () => {
  it('lets thirty days pass at once', async () => {
    const clock = new VirtualClock(Date.UTC(2030, 0, 1));
    const host = await startDurable({ clock });
    const id = await host.start('sleeper', 30 * 86_400_000);
    const end = host.ended(id);
    let done = false;
    void end.then(() => (done = true));
    while (!done) await clock.advance(86_400_000);
    expect(await end).toMatchObject({ output: 'awake' });
    await host.stop();
  });
});

describe('A second process on the same file', () => {
  it('takes up what the first left', async () => {
    const folder = temporaryFolder();
    const first = await startDurable({ stateDir: folder.path });
    const waiting = await first.start('waiter');
    await new Promise<void>((resolve) => {
      const look = (e: { instanceId: string; status: string }): void => {
        if (e.instanceId === waiting && e.status === 'Running') resolve();
      };
      first.extension.engine.hub.events.on('instance', look);
      if (first.extension.client.get(waiting)?.status === 'Running') resolve();
    });
    await first.stop();
    const second = await startDurable({ stateDir: folder.path });
    expect(second.extension.client.get(waiting)).toMatchObject({ status: 'Running', customStatus: '{"waits":true}' });
    await second.extension.client.raiseEvent(waiting, 'go', '"late"');
    expect(await second.ended(waiting)).toMatchObject({ output: 'late' });
    await second.stop();
    folder.remove();
  });
});
