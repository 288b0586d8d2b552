import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { endAll, run } from '../../drivers/local-host-command';
import { freePorts } from '../../drivers/free-ports';
import { singleFile, writeApp } from '../../integration/local-host/temporary-app';

const folder = writeApp(
  singleFile(`
app.http('hello', { methods: ['GET', 'POST'], authLevel: 'function', handler: async () => ({ body: String(process.pid) }) });
app.http('sleeper', { methods: ['GET'], authLevel: 'anonymous', handler: async () => { console.log('asleep'); await new Promise((r) => setTimeout(r, 300)); return { body: 'awake' }; } });
`),
);

fs.mkdirSync(path.join(folder, 'empty'));

afterAll(() => {
  endAll();
  fs.rmSync(folder, { recursive: true, force: true });
});

const freePort = async (): Promise<number> => (await freePorts(1))[0] ?? 0;

describe('bin/local-host', () => {
  test('starts an app from any folder, says what tools wait for, and ends with 0 at SIGTERM', async () => {
    const port = await freePort();
    const host = run(['start', '--script-root', folder, '--port', String(port)], { cwd: '/' });
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

  test.each(['SIGINT', 'SIGHUP'] as const)('finishes the requests in hand before it ends by %s', async (signal) => {
    const port = await freePort();
    const host = run(['start', '--script-root', folder, '--port', String(port)]);
    await host.shows(/Host lock lease acquired/);
    const answer = fetch(`http://localhost:${port}/sleeper`).then((response) => response.text());
    await host.shows(/^asleep$/m);
    host.child.kill(signal);
    expect(await answer).toBe('awake');
    expect(await host.ended).toBe(0);
  });

  test('ends although a client in its process left something behind, and names it', async () => {
    const left = path.join(folder, 'left.cjs');
    fs.writeFileSync(left, 'setInterval(() => undefined, 1_000)');
    const host = run(['start', '--script-root', folder, '--port', '0'], {
      environment: { NODE_OPTIONS: `--require ${left}` },
    });
    await host.shows(/Host lock lease acquired/);
    host.child.kill('SIGTERM');
    expect(await host.ended).toBe(0);
    expect(host.output()).toMatch(/^The host has stopped; its process ends although there are left: .*Timeout/m);
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

  test('names the process that is instance 1 already, its port and the remedies, and ends with 98', async () => {
    const start = ['start', '--script-root', folder, '--port', '0'];
    const first = run(start);
    await first.shows(/Host lock lease acquired/);
    const [, port] = /http:\/\/localhost:(\d+)/.exec(first.output()) ?? [];
    const second = run(start);
    expect(await second.ended).toBe(98);
    expect(second.output()).toContain(
      `Instance 1 of this app's host runs already: process ${first.child.pid}, at http://localhost:${port}`,
    );
    expect(second.output()).toMatch(/--instance auto .* or give it a state of its own with --host-state DIR\.$/m);
    first.child.kill('SIGTERM');
    expect(await first.ended).toBe(0);
    const third = run(start);
    await third.shows(/Host lock lease acquired/);
    third.child.kill('SIGTERM');
    expect(await third.ended).toBe(0);
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

  test('explains itself, and refuses what it does not know in a line that names the remedy, with 2', async () => {
    const help = run(['--help']);
    expect(await help.ended).toBe(0);
    expect(help.output()).toContain('--script-root DIR');
    expect(help.output()).not.toContain('SLUICE');
    const version = run(['--version']);
    expect(await version.ended).toBe(0);
    expect(version.output()).toMatch(/^\d+\.\d+\.\d+\n$/);
    const wrong = run(['start', '--prot', '80']);
    expect(await wrong.ended).toBe(2);
    expect(wrong.output()).toBe("There is no option '--prot'. Did you mean --port?\nAll options: local-host --help\n");
  });

  test('alone shows how it is used, with 2', async () => {
    const bare = run([]);
    expect(await bare.ended).toBe(2);
    expect(bare.output()).toContain('Usage: local-host start');
  });

  test.each([
    [
      'a folder that does not exist',
      path.join(folder, 'nowhere'),
      /^There is no folder .*nowhere\. Name .* --script-root\.$/m,
    ],
    ['a file', path.join(folder, 'index.js'), /^.*index\.js is no folder\. Name .* --script-root\.$/m],
    ['a folder without an app', path.join(folder, 'empty'), /^.* holds neither package\.json nor host\.json/m],
  ])('names %s, with 2', async (_what, scriptRoot, message) => {
    const host = run(['start', '--script-root', scriptRoot, '--port', '0']);
    expect(await host.ended).toBe(2);
    expect(host.output()).toMatch(message);
  });

  test('takes HTTP from this machine alone unless told otherwise, and names an address that it does not have', async () => {
    const [own = 0, all = 0] = await freePorts(2);
    const [address] = Object.values(os.networkInterfaces())
      .flat()
      .filter((entry) => entry?.family === 'IPv4' && !entry.internal);
    const host = run(['start', '--script-root', folder, '--port', String(own)]);
    const state = path.join(folder, 'state-of-open');
    const open = run([
      'start',
      ...['--script-root', folder, '--port', String(all), '--host', '0.0.0.0', '--host-state', state],
    ]);
    await Promise.all([host.shows(/Host lock lease acquired/), open.shows(/Host lock lease acquired/)]);
    expect((await fetch(`http://127.0.0.1:${own}/hello`)).status).toBe(200);
    if (address) {
      await expect(fetch(`http://${address.address}:${own}/hello`)).rejects.toThrow();
      expect((await fetch(`http://${address.address}:${all}/hello`)).status).toBe(200);
    }
    for (const running of [host, open]) running.child.kill('SIGTERM');
    expect(await host.ended).toBe(0);
    expect(await open.ended).toBe(0);
    const wrong = run(['start', '--script-root', folder, '--port', '0', '--host', '192.0.2.1']);
    expect(await wrong.ended).toBe(2);
    expect(wrong.output()).toMatch(/'192\.0\.2\.1' is no address of this machine .*--host 0\.0\.0\.0/);
  });

  test('warns of a function that the app does not have, and lists those that it has', async () => {
    const host = run(['start', '--script-root', folder, '--port', '0', '--functions', 'hello', 'helo']);
    await host.shows(/Host lock lease acquired/);
    expect(host.output()).toMatch(/^The app has no function 'helo' \(--functions,.*; it has: hello, sleeper\.$/m);
    host.child.kill('SIGTERM');
    expect(await host.ended).toBe(0);
  });
});
