/**
 * Three processes of the command line on one app, one state folder and one real Azurite: HTTP at the first, queue-triggered
 * orchestrations at all of them. Each is killed once with work in hand; everything that was sent ends once. Which process
 * takes a message is nobody's to say, so orders are sent until the one that is to die has taken some.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { freePorts } from '../../drivers/free-ports';
import { endAll, run, type RunningCommand } from '../../drivers/local-host-command';
import { scaled } from '../../drivers/scale';
import { azuriteUnderTest, type AzuriteUnderTest } from '../../integration/local-host/storage/azurite-under-test';
import { singleFile, writeApp } from '../../integration/local-host/temporary-app';

/** Orders at least; more are sent while a process has taken none. */
const WAVE = scaled(200);
const STEPS = 4;
const READY = /Host lock lease acquired/;

const APP = `
const df = require('durable-functions');
const { appendFileSync } = require('node:fs');
const note = (kind, what) => appendFileSync(process.env.JOURNAL, JSON.stringify({ kind, what, host: process.ppid }) + '\\n');
const orders = output.storageQueue({ queueName: 'orders', connection: 'AzureWebJobsStorage' });
const client = df.input.durableClient();

app.http('order', { methods: ['POST'], route: 'orders', authLevel: 'anonymous', extraOutputs: [orders],
  handler: async (request, c) => { c.extraOutputs.set(orders, await request.json()); return { status: 202 }; } });
app.http('status', { methods: ['GET'], route: 'orders/{id}', authLevel: 'anonymous', extraInputs: [client],
  handler: async (request, c) => {
    try { return { jsonBody: await df.getClient(c).getStatus(request.params.id) }; }
    catch (error) { if (/HTTP 404/.test(error.message)) return { status: 404 }; throw error; }
  } });
app.http('count', { methods: ['GET'], route: 'count', authLevel: 'anonymous', extraInputs: [client],
  handler: async (request, c) => ({ jsonBody: (await df.getClient(c).readEntityState(new df.EntityId('tally', 'all'))).entityState ?? {} }) });
app.storageQueue('received', { queueName: 'orders', connection: 'AzureWebJobsStorage', extraInputs: [client],
  handler: async ({ id }, c) => {
    note('received', id);
    const durable = df.getClient(c);
    // A message may come twice; its id makes the two one. A finished instance would be replaced, so it is looked for first.
    const known = await durable.getStatus(id).catch((error) => { if (/HTTP 404/.test(error.message)) return undefined; throw error; });
    if (!known) await durable.startNew('process', { instanceId: id, input: id }).catch((error) => { if (!/already exists/.test(error.message)) throw error; });
  } });
df.app.orchestration('process', function* (c) {
  const id = c.df.getInput();
  let sum = 0;
  for (let step = 1; step <= ${STEPS}; step++) sum += yield c.df.callActivity('step', { id, step });
  c.df.signalEntity(new df.EntityId('tally', 'all'), 'add', id);
  return sum;
});
df.app.activity('step', { handler: async ({ id, step }) => { note('ran', id + '/' + step); return step; } });
df.app.entity('tally', (c) => {
  const counts = c.df.getState(() => ({}));
  if (c.df.operationName === 'add') c.df.setState({ ...counts, [c.df.getInput()]: (counts[c.df.getInput()] ?? 0) + 1 });
});
`;

let storage: AzuriteUnderTest;
let folder: string;
let state: string;
beforeAll(async () => {
  storage = await azuriteUnderTest();
  folder = writeApp({
    ...singleFile(APP),
    // Few messages at a time, so that one process does not empty the queue before the others look.
    'host.json': JSON.stringify({
      version: '2.0',
      extensions: { http: { routePrefix: '' }, queues: { batchSize: 1, newBatchThreshold: 0 } },
    }),
  });
  state = mkdtempSync(path.join(os.tmpdir(), 'local-host-state-'));
});
afterAll(async () => {
  endAll();
  for (const path of [folder, state]) rmSync(path, { recursive: true, force: true });
  await storage.stop();
});

interface Noted {
  readonly kind: 'received' | 'ran';
  readonly what: string;
  /** Process id of the host. */
  readonly host: number;
}

test('orders over three processes, each killed once with work in hand, are processed once', async () => {
  const [port = 0] = await freePorts(1);
  const journal = path.join(state, 'journal');
  writeFileSync(journal, '');
  const noted = (): Noted[] =>
    readFileSync(journal, 'utf8')
      .split('\n')
      .filter((line) => line.endsWith('}'))
      .map((line) => JSON.parse(line) as Noted);
  const start = async (instance: string): Promise<RunningCommand> => {
    const host = run(
      ['start', '--script-root', folder, '--port', String(port), '--host-state', state, '--instance', instance],
      { environment: { JOURNAL: journal, AzureWebJobsStorage: storage.azurite.connectionString } },
    );
    await host.shows(READY);
    return host;
  };
  /** Polled, since work is done in processes that tell nobody of it. */
  const until = async (what: () => boolean | Promise<boolean>): Promise<void> => {
    while (!(await what())) await new Promise((resolve) => setTimeout(resolve, 25));
  };
  const url = `http://localhost:${port}`;
  const fetchOnce = (route: string, init: RequestInit = {}): Promise<Response> =>
    fetch(url + route, { ...init, headers: { connection: 'close' } });

  const first = await start('1');
  const [second, third] = await Promise.all([start('auto'), start('auto')]);
  expect(first.output()).toContain(`order: [POST] ${url}/orders`);
  const ids: string[] = [];
  await storage.connection.queues().getQueueClient('orders').createIfNotExists();
  const send = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) {
      const id = `order-${ids.length}`;
      expect((await fetchOnce('/orders', { method: 'POST', body: JSON.stringify({ id }) })).status).toBe(202);
      ids.push(id);
    }
  };
  const workOf = (host: RunningCommand): number => noted().filter((n) => n.host === host.child.pid).length;
  const sendUntilItWorks = async (host: RunningCommand): Promise<void> => {
    const before = workOf(host);
    while (workOf(host) === before) await send(2);
  };
  const killed: RunningCommand[] = [];
  const kill = async (host: RunningCommand): Promise<void> => {
    host.child.kill('SIGKILL');
    await host.ended;
    killed.push(host);
  };
  await send(WAVE);
  for (const host of [third, second]) await sendUntilItWorks(host);
  await kill(second);
  await send(WAVE);
  await sendUntilItWorks(first);
  await kill(first);
  await third.shows(/Instance 1 is gone: nobody serves HTTP/);
  await expect(fetchOnce('/count')).rejects.toThrow();
  const again = await start('1');
  await third.shows(/Instance 1 runs again/);
  await send(WAVE);
  await sendUntilItWorks(third);
  await kill(third);

  /** Undefined while its message still waits, for example for the lease of a dead process to end. */
  const statusOf = async (id: string): Promise<{ runtimeStatus: string; output: unknown } | undefined> => {
    const response = await fetchOnce(`/orders/${id}`);
    if (response.status === 404) return undefined;
    expect(response.status).toBe(200);
    return (await response.json()) as { runtimeStatus: string; output: unknown };
  };
  /** How often each order was counted when its orchestration ended. */
  const counts = async (): Promise<Record<string, number>> =>
    (await (await fetchOnce('/count')).json()) as Record<string, number>;
  for (const id of ids) await until(async () => (await statusOf(id))?.runtimeStatus === 'Completed');
  await until(async () => Object.keys(await counts()).length >= ids.length);
  expect(await counts()).toEqual(Object.fromEntries(ids.map((id) => [id, 1])));
  for (const id of ids) expect(await statusOf(id)).toMatchObject({ output: (STEPS * (STEPS + 1)) / 2 });

  const runs = noted().filter((n) => n.kind === 'ran');
  expect(new Set(runs.map((n) => n.what)).size).toBe(ids.length * STEPS);
  // What was under way in a killed process runs again, and nothing else.
  const most = 3 * 10 * os.availableParallelism();
  expect(runs.length - ids.length * STEPS).toBeLessThanOrEqual(most);
  expect(new Set(runs.map((n) => n.host)).size).toBeGreaterThanOrEqual(3);
  expect(killed).toHaveLength(3);
  again.child.kill('SIGTERM');
  expect(await again.ended).toBe(0);
}, 240_000);
