import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { projectRoot, singleFile, writeApp } from '../../integration/local-host/temporary-app';

const command = path.join(projectRoot, 'bin', 'local-host');
const folder = writeApp(
  singleFile(`
app.http('hello', { methods: ['GET', 'POST'], authLevel: 'function', handler: async () => ({ body: String(process.pid) }) });
app.http('sleeper', { methods: ['GET'], authLevel: 'anonymous', handler: async () => { console.log('asleep'); await new Promise((r) => setTimeout(r, 300)); return { body: 'awake' }; } });
`),
);
const children: ChildProcess[] = [];

afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  fs.rmSync(folder, { recursive: true, force: true });
});

interface Running {
  readonly child: ChildProcess;
  readonly output: () => string;
  /** Resolves once the output matches. */
  readonly shows: (pattern: RegExp) => Promise<void>;
  readonly ended: Promise<number | null>;
}

function run(args: readonly string[], cwd = projectRoot): Running {
  const child = spawn(process.execPath, [command, ...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  let output = '';
  const watchers = new Set<() => void>();
  const take = (chunk: Buffer): void => {
    output += chunk.toString();
    for (const watch of [...watchers]) watch();
  };
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  return {
    child,
    output: () => output,
    shows: (pattern) =>
      new Promise((resolve) => {
        const watch = (): void => {
          if (!pattern.test(output)) return;
          watchers.delete(watch);
          resolve();
        };
        watchers.add(watch);
        watch();
      }),
    ended: once(child, 'close').then(([code]) => code as number | null),
  };
}

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

describe('bin/local-host', () => {
  test('starts an app from any folder, says what tools wait for, and ends with 0 at SIGTERM', async () => {
    const port = await freePort();
    const host = run(['start', '--script-root', folder, '--port', String(port)], '/');
    await host.shows(/Host lock lease acquired by instance ID '[0-9A-F]{32}'\./);
    expect(host.output()).toMatch(/^Functions:$/m);
    expect(host.output()).toContain(`hello: [GET,POST] http://localhost:${port}/hello`);
    expect(host.output()).toMatch(/^Worker process started and initialized\.$/m);
    expect(host.output()).toMatch(/^Mapped function route 'hello' \[GET,POST\] to 'hello'$/m);
    expect((await fetch(`http://localhost:${port}/hello`)).status).toBe(200);
    await host.shows(/^Executed 'Functions\.hello' \(Succeeded, Id=[0-9a-f-]{36}, Duration=\d+ms\)$/m);
    host.child.kill('SIGTERM');
    expect(await host.ended).toBe(0);
  });

  test('finishes the requests in hand before it ends', async () => {
    const port = await freePort();
    const host = run(['start', '--script-root', folder, '--port', String(port)]);
    await host.shows(/Host lock lease acquired/);
    const answer = fetch(`http://localhost:${port}/sleeper`).then((response) => response.text());
    await host.shows(/^asleep$/m);
    host.child.kill('SIGINT');
    expect(await answer).toBe('awake');
    expect(await host.ended).toBe(0);
  });

  test('a worker does not outlive a host that was killed', async () => {
    const port = await freePort();
    const host = run(['start', '--script-root', folder, '--port', String(port)]);
    await host.shows(/Host lock lease acquired/);
    expect(Number(await (await fetch(`http://localhost:${port}/hello`)).text())).toBeGreaterThan(0);
    host.child.kill('SIGKILL');
    // The worker holds the host's output open; its end closes it.
    await host.ended;
  });

  test('names a port that is in use and what to do, and ends with 98', async () => {
    const server = net.createServer().listen(0);
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const host = run(['start', '--script-root', folder, '--port', String(port)]);
    expect(await host.ended).toBe(98);
    expect(host.output()).toContain(
      `Port ${port} is unavailable. Close the process using that port, or specify another port using --port [-p].`,
    );
    server.close();
  });

  test('asks for keys only when told to', async () => {
    const port = await freePort();
    const host = run(['start', '--script-root', folder, '-p', String(port), '--enable-auth', '--key', 'k1']);
    await host.shows(/Host lock lease acquired/);
    expect((await fetch(`http://localhost:${port}/hello`)).status).toBe(401);
    expect((await fetch(`http://localhost:${port}/hello?code=k1`)).status).toBe(200);
    host.child.kill('SIGTERM');
    expect(await host.ended).toBe(0);
  });

  test('explains itself, and refuses what it does not know with 2', async () => {
    const help = run(['--help']);
    expect(await help.ended).toBe(0);
    expect(help.output()).toContain('--script-root DIR');
    const wrong = run(['start', '--nonsense']);
    expect(await wrong.ended).toBe(2);
    expect(wrong.output()).toContain('Usage:');
  });
});
