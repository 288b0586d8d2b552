/** What must hold when several hosts share a state file, one guarantee a test; the crash test holds them all at once. */
import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { VirtualClock } from '../../../../local-host/virtual-clock';
import { createInstance } from '../../../../local-host/durable/runtime/lifecycle';
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

test('processes that live keep their leases when the clock of the machine is set, and the dead are still found', async () => {
  const clock = new VirtualClock(Date.UTC(2030, 0, 1));
  let set = 0;
  const processClock = { now: () => clock.now() + set, after: clock.after.bind(clock) };
  const both = [await host({ engine: { processClock } }), await host({ engine: { processClock } })];
  const { store } = both[0]!.extension.engine.hub;
  for (set of [3_600_000, -3_600_000]) {
    for (let second = 0; second < 3; second++) await clock.advance(1000);
    expect(store.read.hosts.all()).toHaveLength(2);
    store.read.hosts.register({ id: 'dead', pid: 2 ** 30, leaseUntil: Number.MAX_SAFE_INTEGER });
    for (let second = 0; second < 3; second++) await clock.advance(1000);
    expect(store.read.hosts.all().map((h) => h.id)).not.toContain('dead');
  }
  expect(both.flatMap((h) => h.logs.map((l) => l.message)).filter((m) => m.includes('taken for dead'))).toEqual([]);
});

test('what could not be written on a full disk is written when there is room, without a second run', async () => {
  const full = Object.assign(new Error('database or disk is full'), { errcode: 13 });
  const only = await host();
  const { store } = only.extension.engine.hub;
  const write = store.write.bind(store);
  let refused = 0;
  // Each write is refused once: what the client asks for, the turns, and the results of activities.
  const seen = new WeakSet<object>();
  jest.spyOn(store, 'write').mockImplementation((run) => {
    if (seen.has(run)) return write(run);
    seen.add(run);
    refused++;
    return Promise.reject(full);
  });
  await expect(only.start('sequence', 1)).rejects.toThrow();
  const id = 'kept';
  await store.insist((tx) => createInstance(only.extension.engine.hub, tx, { id, name: 'sequence', input: '1' }));
  expect(await only.ended(id)).toMatchObject({ output: 32 });
  expect(refused).toBeGreaterThan(10);
  expect(only.invocations.filter((i) => i.name === 'double')).toHaveLength(5);
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

/** Another process commits a letter just after this one has read which letter is the last, and before it reads the letters. */
function commitsBetweenReads(reader: DurableHost, instanceId: string, letter: object): { done: () => boolean } {
  const { inbox } = reader.extension.engine.hub.store.read;
  const lastSeq = inbox.lastSeq.bind(inbox);
  let done = false;
  const spy = jest.spyOn(inbox, 'lastSeq').mockImplementation(() => {
    const last = lastSeq();
    if (done) return last;
    done = true;
    const other = new DatabaseSync(join(folder.path, 'durable-TestHub.sqlite'));
    other
      .prepare('INSERT INTO inbox (instance_id, execution_id, event, origin) VALUES (?, NULL, ?, ?)')
      .run(instanceId, JSON.stringify(letter), 'another process');
    other.close();
    spy.mockRestore();
    return last;
  });
  return { done: () => done };
}

const ENTITY = '@counterentity@all';
const addOne = { type: 'op', op: 'add', requestId: 'from-outside', signal: true, input: '1' };

/** What the entity counts once it has served everything that was sent before. */
async function countOf(on: DurableHost): Promise<number> {
  const { hub } = on.extension.engine;
  const served = new Promise<void>((resolve) => {
    const look = (): void => {
      if (hub.store.read.inbox.of(ENTITY).length > 0) return;
      hub.events.off('entity', look);
      resolve();
    };
    hub.events.on('entity', look);
  });
  await on.extension.client.signalEntity('counterEntity', 'all', 'add', '0');
  await served;
  return Number(on.extension.client.entity('counterEntity', 'all')?.state);
}

/** How often the entity's function was handed the letter of the other process. */
function handedOver(on: DurableHost): number {
  return on.invocations.filter((i) => i.name === 'counterEntity' && JSON.stringify(i.input).includes('from-outside'))
    .length;
}

test('a signal that another process commits while the mail is read counts once', async () => {
  await host();
  let gate: Promise<void> | undefined;
  const owner = await host({
    engine: { pollMs: 600_000, beatMs: 600_000 },
    intercept: async (fn) => {
      if (fn.name === 'counterEntity') await gate;
      return undefined;
    },
  });
  expect(await countOf(owner)).toBe(0);
  let open: () => void = () => undefined;
  gate = new Promise((resolve) => (open = resolve));
  const commit = commitsBetweenReads(owner, ENTITY, addOne);
  // Each reads the mail after its commit; the entity has not yet served what the first brought when the second reads.
  await owner.extension.client.signalEntity('counterEntity', 'all', 'add', '0');
  expect(commit.done()).toBe(true);
  await owner.extension.client.signalEntity('counterEntity', 'all', 'add', '0');
  open();
  gate = undefined;
  expect(await countOf(owner)).toBe(1);
  expect(handedOver(owner)).toBe(1);
});

test('a signal that another process commits while an entity is taken up counts once', async () => {
  await host();
  const owner = await host({ engine: { pollMs: 600_000, beatMs: 600_000 } });
  expect(await countOf(owner)).toBe(0);
  const { hub } = owner.extension.engine;
  hub.forget(ENTITY);
  const commit = commitsBetweenReads(owner, ENTITY, addOne);
  hub.wake(ENTITY);
  expect(commit.done()).toBe(true);
  expect(await countOf(owner)).toBe(1);
  expect(handedOver(owner)).toBe(1);
});

test('an event that another process commits while an orchestration is taken up is raised once', async () => {
  await host();
  const owner = await host({ engine: { pollMs: 600_000, beatMs: 600_000 } });
  const id = await running(owner, 'twoEvents');
  const { hub } = owner.extension.engine;
  hub.forget(id);
  const event = { type: 'event-raised', at: Date.now(), name: 'go', input: '"once"' };
  const commit = commitsBetweenReads(owner, id, event);
  hub.wake(id);
  expect(commit.done()).toBe(true);
  await owner.extension.client.raiseEvent(id, 'go', '"second"');
  expect(await owner.ended(id)).toMatchObject({ output: ['once', 'second'] });
});

test('what an entity began before this process was taken for dead is given up, and loses no later operation', async () => {
  let release: () => void = () => undefined;
  let begun: () => void = () => undefined;
  const blocked = new Promise<void>((resolve) => (begun = resolve));
  let runs = 0;
  const only = await host({
    intercept: async (fn) => {
      if (fn.name !== 'counterEntity' || runs++ > 0) return undefined;
      begun();
      await new Promise<void>((resolve) => (release = resolve));
      return undefined;
    },
  });
  const { client, engine } = only.extension;
  const { store } = engine.hub;
  const add = (n: number): Promise<boolean> => client.signalEntity('counterEntity', 'all', 'add', String(n));
  const served = (): Promise<void> => new Promise((resolve) => engine.hub.events.once('entity', () => resolve()));
  await add(1);
  await blocked;
  const once = served();
  await store.write((tx) => tx.hosts.remove(store.hostId));
  await expect(add(100)).rejects.toThrow('taken for dead');
  await once;
  expect(await countOf(only)).toBe(1);
  const twice = served();
  await add(10);
  await twice;
  const seen: unknown[] = [];
  engine.hub.events.on('entity', () => seen.push(client.entity('counterEntity', 'all')?.state));
  release();
  // Whatever the first operation still commits, it commits before this one, whose function is called after it.
  expect(await countOf(only)).toBe(11);
  expect(seen).toEqual(['11']);
  expect(only.logs.filter((l) => l.level === 'error')).toEqual([]);
});
