/** The share: the app on the local host against a plain loop and against the limit, same files, same stub storage, same run. */
import { createHash, randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createShareFiles } from '../src/adapters/share/share-files';
import { figure } from './parts/figures';
import { startPart } from './parts/processes';

const MiB = 1024 * 1024;
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 3);
const MANY = Number(process.env['BENCH_MANY'] ?? 100_000);
const SMALL_COUNT = 10_000;

export async function run(): Promise<void> {
  const root = mkdtempSync(path.join(process.env['BENCH_FOLDER'] ?? os.tmpdir(), 'sluice-bench-nfs-'));
  try {
    const large = masters(root, 'large', [...Array<number>(20).fill(100_000_000), 1024 * MiB, 1024 * MiB]);
    const small = masters(root, 'small', Array<number>(SMALL_COUNT).fill(16 * 1024));
    const smallFigures = await compare(root, small, ROUNDS, false);
    const idle = await idleSweep(root);
    console.log(JSON.stringify({ idle }));
    const largeFigures = await compare(root, large, ROUNDS, true);
    const hash = hashShare(large, largeFigures.oursSeconds);
    const many = await manyFiles(root, small);
    console.log(JSON.stringify({ bench: 'nfs', large: largeFigures, small: smallFigures, many, idle, hash }));
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** Files that each round links into its folder: the bytes are made once. */
function masters(root: string, name: string, sizes: readonly number[]): string {
  const folder = path.join(root, `master-${name}`);
  mkdirSync(folder);
  const filler = randomBytes(64 * MiB);
  for (const [i, size] of sizes.entries()) {
    const file = path.join(folder, `file-${String(i).padStart(6, '0')}`);
    for (let left = size, flag = 'w'; left > 0; left -= Math.min(left, filler.length), flag = 'a')
      writeFileSync(file, filler.subarray(0, Math.min(left, filler.length)), { flag });
  }
  return folder;
}

function fill(master: string, folder: string, copies = 1): void {
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(master))
    for (let copy = 0; copy < copies; copy++) linkSync(path.join(master, name), path.join(folder, `${name}-${copy}`));
}

function bytesIn(folder: string): number {
  return readdirSync(folder).reduce((sum, name) => sum + statSync(path.join(folder, name)).size, 0);
}

async function compare(root: string, master: string, rounds: number, withLimit: boolean) {
  const bytes = bytesIn(master);
  const files = readdirSync(master).length;
  const seconds: Record<'ours' | 'loop' | 'limit', number[]> = { ours: [], loop: [], limit: [] };
  let memory = 0;
  for (let round = 0; round < rounds; round++) {
    const ours = await oursSide(root, master, 1);
    memory = Math.max(memory, ours.memoryMiB);
    seconds.ours.push(ours.seconds);
    seconds.loop.push(await otherSide(root, master, 'loop'));
    if (withLimit) seconds.limit.push(await otherSide(root, master, 'limit'));
    console.log(
      `round ${round + 1}: ours ${seconds.ours.at(-1)?.toFixed(1)} s, loop ${seconds.loop.at(-1)?.toFixed(1)} s${withLimit ? `, limit ${seconds.limit.at(-1)?.toFixed(1)} s` : ''}`,
    );
  }
  const over = (other: readonly number[]) =>
    figure(
      other.map((s, i) => s / (seconds.ours[i] ?? NaN)),
      2,
    );
  const rate = (of: readonly number[]) =>
    figure(
      of.map((s) => bytes / MiB / s),
      0,
    );
  return {
    files,
    bytes,
    timesLoop: over(seconds.loop),
    ...(withLimit ? { ofLimit: over(seconds.limit), limitMiBs: rate(seconds.limit) } : {}),
    oursMiBs: rate(seconds.ours),
    loopMiBs: rate(seconds.loop),
    oursFilesPerS: figure(
      seconds.ours.map((s) => files / s),
      0,
    ),
    oursSeconds: figure(seconds.ours, 1),
    peakMiB: Math.round(memory),
  };
}

async function oursSide(root: string, master: string, copies: number): Promise<{ seconds: number; memoryMiB: number }> {
  const folder = mkdtempSync(path.join(root, 'ours-'));
  fill(master, path.join(folder, 'incoming'), copies);
  const count = readdirSync(path.join(folder, 'incoming')).length;
  const storage = await startPart('share-storage');
  const app = await startPart('share-app', [storage.url, folder]);
  try {
    const began = performance.now();
    await fetch(`${app.url}/v1/watch/start`, { method: 'POST', body: '{"session_name":"bench"}' });
    for (;;) {
      const status = (await (await fetch(`${app.url}/v1/status`)).json()) as {
        processed_ok: number;
        processed_err: number;
      };
      if (status.processed_err > 0) throw new Error(JSON.stringify(status));
      if (status.processed_ok >= count) break;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    const seconds = (performance.now() - began) / 1000;
    return { seconds, memoryMiB: peakOfApp(app.pid) };
  } finally {
    await app.stop();
    await storage.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Seconds. */
async function otherSide(root: string, master: string, mode: 'loop' | 'limit'): Promise<number> {
  const folder = mkdtempSync(path.join(root, `${mode}-`));
  fill(master, path.join(folder, 'incoming'));
  mkdirSync(path.join(folder, 'staging'));
  const storage = await startPart('share-storage');
  const side = await startPart('share-loop', [
    storage.url,
    path.join(folder, 'incoming'),
    path.join(folder, 'staging'),
    mode,
  ]);
  try {
    for (;;) {
      const seconds = Number(await (await fetch(side.url)).text());
      if (seconds > 0) return seconds;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  } finally {
    await side.stop();
    await storage.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Peak of the app's process and of the share's, together. */
function peakOfApp(hostPid: number): number {
  const children = (pid: number): number[] =>
    readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
  const peak = (pid: number): number =>
    Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
  const apps = children(hostPid);
  return [...apps, ...apps.flatMap(children)].reduce((sum, pid) => sum + peak(pid), 0);
}

async function manyFiles(root: string, master: string) {
  const copies = Math.round(MANY / SMALL_COUNT);
  if (copies === 0) return undefined;
  const { seconds, memoryMiB } = await oursSide(root, master, copies);
  console.log(`${copies * SMALL_COUNT} files: ${seconds.toFixed(1)} s, peak ${memoryMiB.toFixed(0)} MiB`);
  return { files: copies * SMALL_COUNT, seconds: Number(seconds.toFixed(1)), peakMiB: Math.round(memoryMiB) };
}

/** CPU of the share's process for a sweep that finds nothing to take. */
async function idleSweep(root: string) {
  const incoming = path.join(root, 'idle');
  mkdirSync(incoming);
  for (let i = 0; i < 100_000; i++) writeFileSync(path.join(incoming, `entry-${i}`), '');
  const share = createShareFiles({
    roots: { incoming, processing: path.join(root, 'p'), failed: path.join(root, 'f'), staging: path.join(root, 's') },
    threads: 1,
    deadlineMs: 60_000,
  });
  const rules = { include: [], exclude: [], recursive: false, minAgeMs: 0, minGapMs: 0, limit: 0 };
  const cpu: number[] = [];
  const wall: number[] = [];
  await share.sweep(rules);
  for (let i = 0; i < 5; i++) {
    const [before, began] = [cpuMs(share.childPid()), performance.now()];
    await share.sweep(rules);
    wall.push(performance.now() - began);
    cpu.push(cpuMs(share.childPid()) - before);
  }
  share.stop();
  return { entries: 100_000, cpuMs: figure(cpu, 0), wallMs: figure(wall, 0) };
}

/** User and system time of a process, by proc(5): in ticks of 10 ms. */
function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** Each byte is hashed twice, for the file and for its block: what that costs one core, beside the whole run's wall time. */
function hashShare(master: string, ours: { readonly median: number }) {
  const bytes = randomBytes(64 * MiB);
  const began = performance.now();
  for (let i = 0; i < 8; i++) createHash('md5').update(bytes).digest();
  const perByte = (performance.now() - began) / 1000 / (8 * bytes.length);
  const seconds = 2 * perByte * bytesIn(master);
  return {
    md5MiBs: Math.round(1 / perByte / MiB),
    cpuSeconds: Number(seconds.toFixed(1)),
    ofWall: Number((seconds / ours.median).toFixed(2)),
  };
}
