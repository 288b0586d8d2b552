/**
 * The local host's figures (issue 4): HTTP beside bare `node:http`, start to ready, orchestrations of five activities with
 * the state on disk and on a file system in memory, fan-in. Both sides take turns in each round.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { startHost, type HostHandle } from '../local-host';
import { figure } from './parts/figures';

const root = path.resolve(__dirname, '..', '..');
const ROUNDS = 5;
const REQUESTS = 4000;
const CONNECTIONS = 32;
const IN_FLIGHT = 100;
const SEQUENCES = 2000;
/** Before the clock starts: until the compiler has seen both processes at work. */
const WARM_UP = 500;
/** Linux keeps this in memory, so that a commit waits for no disk. */
const MEMORY = '/dev/shm';

const BARE_SERVER = `require('node:http').createServer((q, s) => s.setHeader('content-type', 'text/plain').end('hello'))
  .listen(0, '127.0.0.1', function () { console.log('listening on ' + this.address().port); });`;

const APP = `
const { app } = require('@azure/functions');
const df = require('durable-functions');
df.app.activity('next', { handler: (n) => n + 1 });
df.app.orchestration('five', function* (c) { let n = 0; for (let i = 0; i < 5; i++) n = yield c.df.callActivity('next', n); return n; });
df.app.orchestration('wide', function* (c) {
  const parts = []; for (let i = 0; i < c.df.getInput(); i++) parts.push(c.df.callActivity('next', 0));
  return (yield c.df.Task.all(parts)).length; });
app.http('hello', { methods: ['GET'], authLevel: 'anonymous', handler: () => ({ body: 'hello' }) });
`;

export async function run(): Promise<void> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-bench-'));
  writeFileSync(path.join(folder, 'package.json'), '{"name":"bench","main":"index.js"}');
  writeFileSync(path.join(folder, 'host.json'), '{"version":"2.0"}');
  writeFileSync(path.join(folder, 'index.js'), APP);
  symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'), 'dir');
  const figures = { ...(await httpFigures(folder)), ...(await startFigures()), ...(await durableFigures(folder)) };
  console.log(JSON.stringify({ bench: 'host', ...figures }));
  rmSync(folder, { recursive: true, force: true });
}

async function httpFigures(folder: string): Promise<Record<string, unknown>> {
  const bare = await serve(['-e', BARE_SERVER], /listening on (\d+)/);
  const host = await serve(
    [path.join(root, 'bin', 'local-host'), 'start', '--script-root', folder, '--port', '0', '--no-storage'],
    /hello: \[GET\] http:\/\/localhost:(\d+)/,
  );
  const library = await serve(
    [path.join(__dirname, 'parts', 'library-server.js'), path.join(folder, 'index.js')],
    /listening on (\d+)/,
  );
  const rates = { bare: [] as number[], library: [] as number[], host: [] as number[] };
  await rate(host.port, '/api/hello');
  await rate(library.port, '/api/hello');
  await rate(bare.port, '/');
  for (let round = 0; round < ROUNDS; round++) {
    rates.bare.push(await rate(bare.port, '/'));
    rates.library.push(await rate(library.port, '/api/hello'));
    rates.host.push(await rate(host.port, '/api/hello'));
    const [a, b, c] = [rates.bare, rates.library, rates.host].map((side) => side.at(-1)?.toFixed(0));
    console.log(`http: bare ${a}/s, bare with the library ${b}/s, host ${c}/s`);
  }
  await Promise.all([bare.stop(), library.stop(), host.stop()]);
  const against = (side: readonly number[]): number[] => rates.host.map((ours, round) => ours / (side[round] ?? NaN));
  return {
    httpRatio: figure(against(rates.bare), 2),
    httpToLibraryRatio: figure(against(rates.library), 2),
    httpPerSecond: figure(rates.host, 0),
    libraryPerSecond: figure(rates.library, 0),
    barePerSecond: figure(rates.bare, 0),
  };
}

interface Served {
  readonly port: number;
  stop(): Promise<void>;
}

async function serve(args: readonly string[], port: RegExp): Promise<Served> {
  const child = spawn(process.execPath, args, { env: environment(), stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const found = await new Promise<number>((resolve) => {
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      if (output.length < 10_000) output += chunk.toString();
      const [, text] = port.exec(output) ?? [];
      if (text !== undefined) resolve(Number(text));
    });
  });
  return { port: found, stop: () => (child.kill('SIGTERM'), ended) };
}

/** Requests a second over connections that stay open. */
async function rate(port: number, at: string): Promise<number> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  let left = REQUESTS;
  const began = performance.now();
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      while (left-- > 0) await get(port, at, agent);
    }),
  );
  agent.destroy();
  return REQUESTS / ((performance.now() - began) / 1000);
}

function get(port: number, at: string, agent: http.Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    http
      .get({ port, host: '127.0.0.1', path: at, agent }, (answer) => {
        if (answer.statusCode !== 200) reject(new Error(`${at} answered ${answer.statusCode ?? 0}`));
        answer.resume().once('end', resolve);
      })
      .once('error', reject);
  });
}

/** From the command to the first answer: the recorded app `bare`, and Sluice. */
async function startFigures(): Promise<Record<string, unknown>> {
  const apps = { bare: path.join(root, 'tests', 'golden', 'app', 'bare'), sluice: root };
  const times: Record<keyof typeof apps, number[]> = { bare: [], sluice: [] };
  if (!existsSync(path.join(apps.bare, 'dist', 'index.js')))
    throw new Error('Run npm run soak -- golden once: it builds the app bare.');
  for (let round = 0; round < ROUNDS; round++)
    for (const [name, folder] of Object.entries(apps) as [keyof typeof apps, string][]) {
      const port = 30_000 + Math.floor(Math.random() * 20_000);
      const state = mkdtempSync(path.join(os.tmpdir(), 'sluice-bench-'));
      const began = performance.now();
      const child = spawn(
        process.execPath,
        [
          ...[path.join(root, 'bin', 'local-host'), 'start', '--script-root', folder, '--port', String(port)],
          ...['--host-state', state, '--no-storage'],
        ],
        { env: environment(), stdio: 'ignore' },
      );
      await answered(child, `http://127.0.0.1:${port}/${name === 'sluice' ? 'healthz' : 'anything'}`);
      times[name].push(performance.now() - began);
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await ended;
      rmSync(state, { recursive: true, force: true });
    }
  return { startBareMs: figure(times.bare, 0), startSluiceMs: figure(times.sluice, 0) };
}

async function answered(child: ChildProcess, url: string): Promise<void> {
  for (;;) {
    const ok = await fetch(url).then(
      (answer) => answer.status < 500,
      () => false,
    );
    if (ok) return;
    if (child.exitCode !== null) throw new Error(`The host ended with ${child.exitCode}.`);
  }
}

async function durableFigures(folder: string): Promise<Record<string, unknown>> {
  const places = { disk: mkdtempSync(path.join(os.tmpdir(), 'sluice-bench-')), memory: '' };
  if (existsSync(MEMORY)) places.memory = mkdtempSync(path.join(MEMORY, 'sluice-bench-'));
  const rates: { disk: number[]; memory: number[]; ratio: number[] } = { disk: [], memory: [], ratio: [] };
  for (let round = 0; round < ROUNDS; round++) {
    rates.disk.push(await onHost(folder, path.join(places.disk, String(round)), sequences));
    if (places.memory !== '') {
      rates.memory.push(await onHost(folder, path.join(places.memory, String(round)), sequences));
      rates.ratio.push((rates.disk.at(-1) ?? NaN) / (rates.memory.at(-1) ?? NaN));
    }
    console.log(`sequences: disk ${rates.disk.at(-1)?.toFixed(0)}/s, memory ${rates.memory.at(-1)?.toFixed(0)}/s`);
  }
  const wide: Record<number, number[]> = { 1000: [], 10_000: [] };
  await onHost(folder, path.join(places.disk, 'wide'), async (host) => {
    await fanIn(host, 100);
    for (let round = 0; round < 3; round++)
      for (const n of [1000, 10_000]) {
        const ms = await fanIn(host, n);
        wide[n]?.push(ms);
        console.log(`fan-in of ${n}: ${ms.toFixed(0)} ms`);
      }
    return 0;
  });
  for (const place of Object.values(places)) if (place !== '') rmSync(place, { recursive: true, force: true });
  return {
    sequencesPerSecond: figure(rates.disk, 0),
    sequencesInMemoryPerSecond: figure(rates.memory, 0),
    sequencesRatio: figure(rates.ratio, 2),
    fanIn1000Ms: figure(wide[1000] ?? [], 0),
    fanIn10000Ms: figure(wide[10_000] ?? [], 0),
  };
}

async function onHost(
  folder: string,
  stateDir: string,
  measure: (host: HostHandle) => Promise<number>,
): Promise<number> {
  mkdirSync(stateDir, { recursive: true });
  const host = await startHost({ scriptRoot: folder, port: 0, stateDir, env: environment() });
  try {
    return await measure(host);
  } finally {
    await host.stop();
  }
}

/** Orchestrations of five activities a second, after some to warm up. */
async function sequences(host: HostHandle): Promise<number> {
  await batch(host, WARM_UP);
  const began = performance.now();
  await batch(host, SEQUENCES);
  return SEQUENCES / ((performance.now() - began) / 1000);
}

async function batch(host: HostHandle, count: number): Promise<void> {
  let left = count;
  await Promise.all(
    Array.from({ length: IN_FLIGHT }, async () => {
      while (left-- > 0) {
        const output = await once(host, 'five', 0);
        if (output !== 5) throw new Error(`A sequence ended with ${JSON.stringify(output)}.`);
      }
    }),
  );
}

async function fanIn(host: HostHandle, n: number): Promise<number> {
  const began = performance.now();
  const output = await once(host, 'wide', n);
  if (output !== n) throw new Error(`A fan-in of ${n} ended with ${JSON.stringify(output)}.`);
  return performance.now() - began;
}

/** Started through the management API, so that no function's start is part of the figure. */
async function once(host: HostHandle, name: string, n: number): Promise<unknown> {
  const asked = await host.fetch(`/runtime/webhooks/durabletask/orchestrators/${name}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: String(n),
  });
  const { id } = (await asked.json()) as { id: string };
  return (await host.waitForInstance(id)).output;
}

function environment(): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '',
    HOME: process.env.HOME ?? '',
    AzureWebJobsStorage: 'UseDevelopmentStorage=true',
  };
}
