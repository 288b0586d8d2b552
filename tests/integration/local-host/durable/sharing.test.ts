/** What must hold when several hosts share a state file, one guarantee a test; the crash test holds them all at once. */
import { VirtualClock } from '../../../../local-host/virtual-clock';
import { startDurable, temporaryFolder, type DurableHost } from './durable-host';

let folder: ReturnType<typeof temporaryFolder>;
const hosts: DurableHost[] = [];
beforeEach(() => (folder = temporaryFolder()));
afterEach(async () => {
  for (const host of hosts.splice(0)) await host.stop();
  folder.remove();
});

async function host(options: Parameters<typeof startDurable>[0] = {}): Promise<DurableHost> {
  const started = await startDurable({ stateDir: folder.path, ...options });
  hosts.push(started);
  return started;
}

async function running(on: DurableHost, name: string): Promise<string> {
  const { events } = on.extension.engine.hub;
  const id = await on.start(name);
  await new Promise<void>((resolve) => {
    const look = (): void => {
      if (on.extension.client.get(id)?.status === 'Running') resolve();
    };
    events.on('instance', look);
    look();
  });
  return id;
}

test('letters that another process wrote before come before those of this one', async () => {
  const other = await host();
  // It hears of the other one by what it commits itself, and by nothing else.
  const owner = await host({ engine: { pollMs: 600_000, beatMs: 600_000 } });
  const id = await running(owner, 'twoEvents');
  await other.extension.client.raiseEvent(id, 'go', '1');
  await owner.extension.client.raiseEvent(id, 'go', '2');
  await owner.extension.client.raiseEvent(id, 'go', '3');
  expect(await owner.ended(id)).toMatchObject({ output: [1, 2] });
});

test('a letter that is heard of after one with a higher number is not lost', async () => {
  const owner = await host({ engine: { beatMs: 2000 } });
  const id = await running(owner, 'twoEvents');
  const other = await host();
  await other.extension.client.raiseEvent(id, 'go', '1');
  await owner.extension.client.raiseEvent(id, 'go', '2');
  const { output } = await owner.ended(id);
  expect([...(output as number[])].sort()).toEqual([1, 2]);
});

test('processes that live keep their leases', async () => {
  const clock = new VirtualClock(Date.UTC(2030, 0, 1));
  const both = [await host({ engine: { processClock: clock } }), await host({ engine: { processClock: clock } })];
  for (let second = 0; second < 60; second++) await clock.advance(1000);
  const { hosts: table } = both[0]!.extension.engine.hub.store.read;
  expect(table.all()).toHaveLength(2);
  expect(both.flatMap((h) => h.logs.map((l) => l.message)).filter((m) => /took over|taken for dead/.test(m))).toEqual(
    [],
  );
  for (const { leaseUntil } of table.all()) expect(leaseUntil).toBeGreaterThan(clock.now());
});

test('a result is recorded only while its task is there', async () => {
  let release: () => void = () => undefined;
  let begun: () => void = () => undefined;
  const blocked = new Promise<void>((resolve) => (begun = resolve));
  const only = await host({
    intercept: async (fn, { input }) => {
      if (fn.name !== 'echo' || !JSON.stringify(input).includes('purged')) return undefined;
      begun();
      await new Promise<void>((resolve) => (release = resolve));
      return { invocationId: '', durationMs: 0, returnValue: { string: 'late' } };
    },
  });
  const recorded: string[] = [];
  only.extension.engine.hub.events.on('activity', ({ instanceId }) => recorded.push(instanceId));
  const id = await only.start('echoOne', 'purged');
  await blocked;
  expect(await only.extension.client.purge(id)).toBe(true);
  release();
  expect(await only.run('echoOne', 'next', 'next')).toMatchObject({ output: 'next' });
  expect(recorded).toEqual(['next']);
});

test('a turn that began before the instance was carried on elsewhere is given up in silence', async () => {
  let release: () => void = () => undefined;
  let begun: () => void = () => undefined;
  const blocked = new Promise<void>((resolve) => (begun = resolve));
  let turns = 0;
  const only = await host({
    intercept: async (fn) => {
      if (fn.name !== 'twoEvents' || turns++ > 0) return undefined;
      begun();
      await new Promise<void>((resolve) => (release = resolve));
      return undefined;
    },
  });
  const id = await only.start('twoEvents');
  await blocked;
  const { store, events } = only.extension.engine.hub;
  const carriedOn = new Promise<void>((resolve) =>
    events.on('instance', ({ status }) => (status === 'Running' ? resolve() : undefined)),
  );
  await store.write((tx) => tx.hosts.remove(store.hostId));
  // The commit that finds this process taken for dead; it then begins anew with the instance as stored.
  await expect(only.extension.client.raiseEvent(id, 'go', '0')).rejects.toThrow('taken for dead');
  await carriedOn;
  release();
  await only.run('echoOne', 'meanwhile');
  await only.extension.client.raiseEvent(id, 'go', '1');
  await only.extension.client.raiseEvent(id, 'go', '2');
  expect(await only.ended(id)).toMatchObject({ output: [1, 2] });
  expect(only.logs.filter((l) => l.level === 'error')).toEqual([]);
});

test('one runner serves an instance from its first letter to its last', async () => {
  const only = await host();
  const before = only.invocations.length;
  expect(await only.run('sequence', 1)).toMatchObject({ output: 32 });
  expect(only.invocations.slice(before).filter((i) => i.name === 'sequence')).toHaveLength(6);
  const { store } = only.extension.engine.hub;
  const reads = jest.spyOn(store.read.instances, 'history');
  expect(await only.run('sequence', 1)).toMatchObject({ output: 32 });
  // Its history is in memory; reading it for each letter would make long orchestrations slow.
  expect(reads).not.toHaveBeenCalled();
});
