/**
 * The local host as a library in the tests of somebody else's app: a folder outside of this repository, plain Jest without
 * a line of configuration, and a check that Jest ends by itself, which it does not while a handle is open.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { azuriteUnderTest, type AzuriteUnderTest } from '../../integration/local-host/storage/azurite-under-test';
import { projectRoot, writeApp } from '../../integration/local-host/temporary-app';

const APP = {
  'package.json': '{"name":"their-app","main":"src/*.js"}',
  'host.json': '{"version":"2.0"}',
  'src/durable.js': `
const { app, output } = require('@azure/functions');
const df = require('durable-functions');
df.app.orchestration('reminder', function* (c) {
  const due = c.df.currentUtcDateTime.getTime() + 30 * 86400000;
  yield c.df.createTimer(new Date(due));
  const first = yield c.df.callActivity('greet', c.df.getInput());
  yield c.df.createTimer(new Date(c.df.currentUtcDateTime.getTime() + 30 * 86400000));
  return { first, at: c.df.currentUtcDateTime.toISOString().slice(0, 10) };
});
df.app.activity('greet', { handler: (name) => 'hello ' + name });
app.http('start', { methods: ['POST'], authLevel: 'anonymous', extraInputs: [df.input.durableClient()],
  handler: async (request, c) => ({ jsonBody: { id: await df.getClient(c).startNew('reminder', { input: await request.text() }) } }) });
const outbox = output.storageQueue({ queueName: 'orders', connection: 'AzureWebJobsStorage' });
app.http('order', { methods: ['POST'], authLevel: 'anonymous', extraOutputs: [outbox],
  handler: async (request, c) => { c.extraOutputs.set(outbox, await request.text()); return { status: 202 }; } });
app.storageQueue('shipped', { queueName: 'orders', connection: 'AzureWebJobsStorage', handler: async (text) => console.log('shipped ' + text) });
`,
  'tests/app.test.js': `
const { startHost, VirtualClock } = require(process.env.LOCAL_HOST);
const scriptRoot = require('node:path').dirname(__dirname);

test('timers of thirty days fire in milliseconds', async () => {
  const clock = new VirtualClock(Date.UTC(2030, 0, 1));
  const host = await startHost({ scriptRoot, port: 0, clock });
  const seen = [];
  host.events.on('instance', ({ name, status }) => seen.push(name + ' ' + status));
  const { id } = await (await host.fetch('/api/start', { method: 'POST', body: 'you' })).json();
  await host.waitForInstance(id, { status: 'Running' });
  const began = performance.now();
  await clock.advance(61 * 86400000);
  const ended = await host.waitForInstance(id);
  console.log('sixty days took ' + Math.round(performance.now() - began) + ' ms');
  expect(ended).toMatchObject({ name: 'reminder', runtimeStatus: 'Completed', input: 'you', output: { first: 'hello you', at: '2030-03-02' } });
  expect(seen).toEqual(['reminder Pending', 'reminder Running', 'reminder Completed']);
  const waiting = host.waitForInstance('nobody starts it');
  const refused = expect(waiting).rejects.toThrow("Instance 'nobody starts it' is no longer waited for.");
  await host.stop();
  await refused;
});

test('a message goes through the storage and its queue trigger', async () => {
  const host = await startHost({ scriptRoot, port: 0 });
  const shipped = new Promise((resolve) => host.events.on('executed', (e) => e.functionName === 'shipped' && resolve(e)));
  expect((await host.fetch('/api/order', { method: 'POST', body: 'one' })).status).toBe(202);
  expect((await shipped).error).toBeUndefined();
  expect((await host.invoke('shipped', 'two')).error).toBeUndefined();
  await host.stop();
});
`,
};

let storage: AzuriteUnderTest;
let folder: string;
beforeAll(async () => {
  storage = await azuriteUnderTest();
  folder = writeApp(APP);
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await storage.stop();
});

test("runs in another app's Jest, on virtual time and on real storage, and leaves nothing open", async () => {
  const jest = spawn(
    process.execPath,
    [
      path.join(projectRoot, 'node_modules/jest/bin/jest.js'),
      '--rootDir',
      folder,
      '--detectOpenHandles',
      '--testTimeout',
      '60000',
      '--verbose',
    ],
    {
      cwd: folder,
      env: {
        PATH: process.env.PATH,
        HOME: process.env.HOME,
        LOCAL_HOST: path.join(projectRoot, 'dist', 'local-host'),
        AzureWebJobsStorage: storage.azurite.connectionString,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let output = '';
  for (const stream of [jest.stdout, jest.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  const [code] = (await once(jest, 'close')) as [number | null];
  if (code !== 0) console.log(output);
  expect(code).toBe(0);
  expect(output).toMatch(/Tests: +2 passed, 2 total/);
  expect(output).not.toMatch(/open handle|did not exit/);
}, 120_000);
