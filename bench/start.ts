/** From the command to the first answer, beside plain node requiring the same app. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { figure } from './parts/figures';

const root = path.resolve(__dirname, '..', '..');
const ROUNDS = 7;

export async function run(): Promise<void> {
  const required: number[] = [];
  const alone: number[] = [];
  const withStorage: number[] = [];
  const ratios: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    required.push(await requireApp());
    alone.push(await hostAlone());
    withStorage.push(await npmStart());
    ratios.push((alone.at(-1) ?? NaN) / (required.at(-1) ?? NaN));
    console.log(
      `round ${round + 1}: node requires the app ${required.at(-1)?.toFixed(0)} ms, host ready ${alone.at(-1)?.toFixed(0)} ms, with storage ${withStorage.at(-1)?.toFixed(0)} ms`,
    );
  }
  console.log(
    JSON.stringify({
      bench: 'start',
      ratio: figure(ratios, 2),
      requireAppMs: figure(required, 0),
      hostReadyMs: figure(alone, 0),
      withStorageReadyMs: figure(withStorage, 0),
    }),
  );
}

/** Plain node loads the same entry file and ends. */
async function requireApp(): Promise<number> {
  const began = performance.now();
  const script = `require(${JSON.stringify(path.join(root, 'dist', 'src', 'index.js'))}); process.exit(0)`;
  const child = spawn(process.execPath, ['-e', script], { env: environment(), stdio: 'ignore' });
  await new Promise((resolve) => child.once('exit', resolve));
  return performance.now() - began;
}

/** The command line of the local host to the first 200 of /healthz; storage is configured but nothing listens there. */
async function hostAlone(): Promise<number> {
  const port = await freePort();
  const home = mkdtempSync(path.join(os.tmpdir(), 'sluice-bench-'));
  const args = [
    path.join(root, 'bin', 'local-host'),
    'start',
    '--script-root',
    root,
    '--port',
    String(port),
    '--host-state',
    home,
  ];
  return timed(args, port, '/healthz', home, {});
}

/** `npm start` without npm: storage, host, first 200 of /readyz. */
async function npmStart(): Promise<number> {
  const port = await freePort();
  const home = mkdtempSync(path.join(os.tmpdir(), 'sluice-bench-'));
  const args = [
    path.join(root, 'dist', 'scripts', 'start.js'),
    '--port',
    String(port),
    '--storage-port',
    String(20_000 + Math.floor(Math.random() * 20_000)),
    '--no-demo',
  ];
  return timed(args, port, '/readyz', home, { SLUICE_HOME: home });
}

async function timed(
  args: readonly string[],
  port: number,
  at: string,
  home: string,
  extra: Readonly<Record<string, string>>,
): Promise<number> {
  const began = performance.now();
  const child = spawn(process.execPath, args, { cwd: root, env: { ...environment(), ...extra }, stdio: 'ignore' });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  for (;;) {
    const ok = await fetch(`http://127.0.0.1:${port}${at}`).then(
      (answer) => answer.ok,
      () => false,
    );
    if (ok) break;
    if (child.exitCode !== null) throw new Error(`${args.join(' ')} ended with ${child.exitCode}`);
  }
  const ms = performance.now() - began;
  child.kill('SIGTERM');
  await ended;
  rmSync(home, { recursive: true, force: true });
  return ms;
}

function environment(): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '',
    HOME: process.env.HOME ?? '',
    AzureWebJobsStorage: 'UseDevelopmentStorage=true',
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
