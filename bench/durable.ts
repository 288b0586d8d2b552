/** Orchestrations of five activities on the whole host: rate, and memory and state file over ten thousand of them. */
import { mkdtempSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { startHost, type HostHandle } from '../local-host';
import { figure } from './parts/figures';

const root = path.resolve(__dirname, '..', '..');
const ORCHESTRATIONS = 10_000;
const IN_FLIGHT = 100;
const MIB = 1024 * 1024;

const APP = `
const { app } = require('@azure/functions');
const df = require('durable-functions');
df.app.activity('next', { handler: (n) => n + 1 });
df.app.orchestration('five', function* (c) { let n = 0; for (let i = 0; i < 5; i++) n = yield c.df.callActivity('next', n); return n; });
app.http('start', { methods: ['POST'], authLevel: 'anonymous', extraInputs: [df.input.durableClient()],
  handler: async (request, c) => ({ jsonBody: { id: await df.getClient(c).startNew('five') } }) });
app.http('memory', { methods: ['GET'], authLevel: 'anonymous', handler: () => ({ body: String(process.pid) }) });
`;

export async function run(): Promise<void> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-bench-'));
  const state = path.join(folder, 'state');
  mkdirSync(state);
  writeFileSync(path.join(folder, 'package.json'), '{"name":"bench","main":"index.js"}');
  writeFileSync(path.join(folder, 'host.json'), '{"version":"2.0"}');
  writeFileSync(path.join(folder, 'index.js'), APP);
  symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'), 'dir');
  const host = await startHost({ scriptRoot: folder, port: 0, stateDir: state });
  const worker = Number(await (await host.fetch('/api/memory')).text());
  const file = path.join(state, 'durable-TestHubName.sqlite');
  const sizes = (): Record<string, number> => ({
    hostMiB: resident(process.pid),
    workerMiB: resident(worker),
    fileMiB: round(statSync(file).size / MIB),
    logMiB: round(statSync(`${file}-wal`).size / MIB),
  });
  await batch(host, 200);
  console.log('after 200', sizes());
  const rates: number[] = [];
  for (let done = 0; done < ORCHESTRATIONS; done += 1000) {
    const began = performance.now();
    await batch(host, 1000);
    rates.push(1000 / ((performance.now() - began) / 1000));
    console.log(`after ${done + 1000}: ${rates.at(-1)?.toFixed(0)}/s`, sizes());
  }
  const full = sizes();
  const began = performance.now();
  const answer = await host.fetch('/runtime/webhooks/durabletask/instances?createdTimeFrom=2000-01-01T00:00:00Z', {
    method: 'DELETE',
  });
  const purgeMs = round(performance.now() - began);
  const purged = await answer.text();
  // The freed pages go back to the disk in steps, between other work.
  await host.fetch('/api/memory');
  await new Promise((resolve) => setTimeout(resolve, 500));
  await host.stop();
  console.log(
    JSON.stringify({
      bench: 'durable',
      orchestrationsPerSecond: figure(rates, 0),
      full,
      purged,
      purgeMs,
      fileMiBAfterPurgeAndStop: round(statSync(file).size / MIB),
    }),
  );
  rmSync(folder, { recursive: true, force: true });
}

async function batch(host: HostHandle, count: number): Promise<void> {
  let left = count;
  await Promise.all(
    Array.from({ length: IN_FLIGHT }, async () => {
      while (left-- > 0) {
        const { id } = (await (await host.fetch('/api/start', { method: 'POST' })).json()) as { id: string };
        const { output } = await host.waitForInstance(id);
        if (output !== 5) throw new Error(`${id} ended with ${JSON.stringify(output)}`);
      }
    }),
  );
}

/** MiB now, by Linux's /proc. */
function resident(pid: number): number {
  const [, kb] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return round(Number(kb) / 1024);
}

function round(value: number): number {
  return Number(value.toFixed(1));
}
