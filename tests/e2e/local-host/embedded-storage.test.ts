/** The storage that `bin/local-host start` brings along: a real Azurite on free ports, real signals. */
import { once } from 'node:events';
import fs from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { developmentConnectionString } from '../../../local-host/storage/development-account';
import { readDescriptor } from '../../../local-host/storage/azurite-descriptor';
import { StorageOfApp } from '../../../local-host/storage/storage-of-app';
import { createLog } from '../../../local-host/log';
import { isAlive } from '../../../local-host/process-state';
import { endAll, run, type RunningCommand } from '../../drivers/local-host-command';
import { freePorts } from '../../drivers/free-ports';
import { singleFile, writeApp } from '../../integration/local-host/temporary-app';

const folder = writeApp(
  singleFile(`
const to = output.storageQueue({ queueName: 'work', connection: 'AzureWebJobsStorage' });
app.http('send', { methods: ['POST'], authLevel: 'anonymous', extraOutputs: [to],
  handler: async (request, context) => { context.extraOutputs.set(to, await request.text()); return { status: 202 }; } });
app.storageQueue('work', { queueName: 'work', connection: 'AzureWebJobsStorage', handler: (text) => console.log('worked on ' + text) });
`),
);
const location = path.join(folder, '.sluice', 'azurite');
let environment: Record<string, string> = {};
let blob = 0;

beforeAll(async () => {
  const [first = 0, queue = 0, table = 0] = await freePorts(3);
  blob = first;
  environment = { AzureWebJobsStorage: developmentConnectionString({ blob, queue, table }) };
});
afterAll(() => {
  endAll();
  const left = readDescriptor(location);
  if (left && isAlive(left.pid)) process.kill(left.pid, 'SIGKILL');
  fs.rmSync(folder, { recursive: true, force: true });
});

async function start(...more: string[]): Promise<RunningCommand & { url: string }> {
  const host = run(['start', '--script-root', folder, '--port', '0', ...more], { environment });
  await host.shows(/Host lock lease acquired/);
  const url = /send: \[POST\] (http:\S+)\/send/.exec(host.output())?.[1] ?? '';
  return { ...host, url };
}

const azuritePid = (): number => readDescriptor(location)?.pid ?? 0;

describe('development storage where nothing listens', () => {
  it('is started with the host and ends with it at Ctrl-C', async () => {
    const host = await start();
    expect(host.output()).toMatch(/^Azurite started on ports \d+, \d+, \d+ \(process \d+\); data in .*azurite$/m);
    await fetch(`${host.url}/send`, { method: 'POST', body: 'tea' });
    await host.shows(/^worked on tea$/m);
    const pid = azuritePid();
    host.child.kill('SIGINT');
    expect(await host.ended).toBe(0);
    expect(isAlive(pid)).toBe(false);
  });

  it('outlives a host that was killed; the next adopts it, and the last host that uses it ends it', async () => {
    const killed = await start();
    const pid = azuritePid();
    killed.child.kill('SIGKILL');
    await killed.ended;
    expect(isAlive(pid)).toBe(true);
    const first = await start();
    expect(first.output()).toContain('Azurite found running on ports');
    const second = await start('--instance', '2');
    expect(second.output()).toContain('Azurite found running on ports');
    expect(azuritePid()).toBe(pid);
    first.child.kill('SIGTERM');
    expect(await first.ended).toBe(0);
    expect(isAlive(pid)).toBe(true);
    second.child.kill('SIGTERM');
    expect(await second.ended).toBe(0);
    expect(isAlive(pid)).toBe(false);
  });

  it('comes back when it ends by itself', async () => {
    const host = await start();
    const pid = azuritePid();
    process.kill(pid, 'SIGKILL');
    await host.shows(new RegExp(`^Azurite \\(process ${pid}\\) ended; starting it again\\.$`, 'm'));
    // The message that the host puts away waits for the storage, as any client would.
    await untilAccepted(`${host.url}/send`);
    await host.shows(/^worked on again$/m);
    host.child.kill('SIGTERM');
    expect(await host.ended).toBe(0);
    expect(isAlive(azuritePid())).toBe(false);
  });

  it('is left alone with --no-storage, and where something listens', async () => {
    const without = await start('--no-storage');
    expect(without.output()).not.toContain('Azurite');
    without.child.kill('SIGTERM');
    await without.ended;
    const stranger = createServer().listen(blob, '127.0.0.1');
    await once(stranger, 'listening');
    const host = await start();
    expect(host.output()).toMatch(
      /is used as given, .* but not for queue \(port \d+\), table \(port \d+\)\. Start the whole/,
    );
    host.child.kill('SIGTERM');
    expect(await host.ended).toBe(0);
    stranger.close();
  });
});

it('a host that was packed without Azurite says how to get it, and runs all the same', async () => {
  const lines: string[] = [];
  const storage = new StorageOfApp({
    location: path.join(folder, 'none'),
    connection: environment.AzureWebJobsStorage,
    appRoot: '/',
    log: createLog(({ message }) => lines.push(message)),
    resolveFrom: ['/'],
  });
  await storage.start();
  await storage.stop();
  expect(lines.join('\n')).toMatch(/does not run.*wait for it\..*npm install --save-dev azurite.*connection string/);
});

async function untilAccepted(url: string): Promise<void> {
  for (;;) {
    const { status } = await fetch(url, { method: 'POST', body: 'again', headers: { connection: 'close' } });
    if (status === 202) return;
  }
}
