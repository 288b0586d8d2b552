/** The share: the app on the local host against a plain loop and against the limit, same files, same stub storage, same run. */
import { createHash, randomBytes } from 'node:crypto';
import {
  copyFileSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { LANES, Md5Lanes } from '../src/adapters/share/md5-lanes';
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
    const large = masters(root, 'large', [
      1024 * MiB,
      ...Array<number>(10).fill(100_000_000),
      1024 * MiB,
      ...Array<number>(10).fill(100_000_000),
    ]);
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

/** Files that each round links into its folder once: the bytes are made once. */
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

/** More than one copy of a file are files of their own: a link that goes changes the others, and they would be taken anew. */
function fill(master: string, folder: string, copies = 1): void {
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(master)) {
    const file = path.join(master, name);
    linkSync(file, path.join(folder, `${name}-0`));
    for (let copy = 1; copy < copies; copy++) copyFileSync(file, path.join(folder, `${name}-${copy}`));
  }
}

function bytesIn(folder: string): number {
  return readdirSync(folder).reduce((sum, name) => sum + statSync(path.join(folder, name)).size, 0);
}

async function compare(root: string, master: string, rounds: number, withLimit: boolean) {
  const bytes = bytesIn(master);
  const files = readdirSync(master).length;
  const seconds: Record<Side, number[]> = { ours: [], loop: [], limit: [] };
  const cpu: Record<Side, number[]> = { ours: [], loop: [], limit: [] };
  let [memory, growth] = [0, 0];
  const note = (side: Side, run: Run): void => {
    seconds[side].push(run.seconds);
    cpu[side].push(run.cpuMs / 1000);
  };
  for (let round = 0; round < rounds; round++) {
    const ours = await oursSide(root, master, 1);
    memory = Math.max(memory, ours.memoryMiB);
    growth = Math.max(growth, ours.growthMiB);
    note('ours', ours);
    note('loop', await otherSide(root, master, 'loop'));
    if (withLimit) note('limit', await otherSide(root, master, 'limit'));
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
    cpuSeconds: {
      ours: figure(cpu.ours, 1),
      loop: figure(cpu.loop, 1),
      limit: withLimit ? figure(cpu.limit, 1) : null,
    },
    peakMiB: Math.round(memory),
    growthMiB: Math.round(growth),
  };
}

type Side = 'ours' | 'loop' | 'limit';

interface Run {
  readonly seconds: number;
  /** Of the side's own processes, without the storage that both sides share. */
  readonly cpuMs: number;
}

async function oursSide(
  root: string,
  master: string,
  copies: number,
): Promise<Run & { readonly memoryMiB: number; readonly growthMiB: number; readonly peaksMiB: readonly number[] }> {
  const folder = mkdtempSync(path.join(root, 'ours-'));
  fill(master, path.join(folder, 'incoming'), copies);
  const count = readdirSync(path.join(folder, 'incoming')).length;
  const storage = await startPart('share-storage');
  const app = await startPart('share-app', [storage.url, folder]);
  try {
    await settled(app.pid);
    const base = peakOfApp(app.pid);
    const cpuBefore = cpuOf(app.pid);
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
    const peaksMiB = peaksOfApp(app.pid);
    const memoryMiB = peakOfApp(app.pid);
    return { seconds, cpuMs: cpuOf(app.pid) - cpuBefore, memoryMiB, growthMiB: memoryMiB - base, peaksMiB };
  } finally {
    await app.stop();
    await storage.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function otherSide(root: string, master: string, mode: 'loop' | 'limit'): Promise<Run> {
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
    const cpuBefore = cpuMs(side.pid);
    for (;;) {
      const seconds = Number(await (await fetch(side.url)).text());
      if (seconds > 0) return { seconds, cpuMs: cpuMs(side.pid) - cpuBefore };
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  } finally {
    await side.stop();
    await storage.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
}

/** The app's process, and the share's once there is one. */
function processesOf(hostPid: number): number[] {
  const apps = childrenOf(hostPid);
  return [...apps, ...apps.flatMap(childrenOf)];
}

/** Peak of the app's process and of the share's. */
function peaksOfApp(hostPid: number): readonly number[] {
  return processesOf(hostPid).map(
    (pid) => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024,
  );
}

function peakOfApp(hostPid: number): number {
  return peaksOfApp(hostPid).reduce((sum, peak) => sum + peak, 0);
}

function cpuOf(hostPid: number): number {
  return [hostPid, ...processesOf(hostPid)].reduce((sum, pid) => sum + cpuMs(pid), 0);
}

/** The app has started its share's process: what it needs before any work belongs to neither time nor growth. */
async function settled(hostPid: number): Promise<void> {
  while (processesOf(hostPid).length < 2) await new Promise((resolve) => setTimeout(resolve, 50));
  await new Promise((resolve) => setTimeout(resolve, 1_000));
}

async function manyFiles(root: string, master: string) {
  const copies = Math.round(MANY / SMALL_COUNT);
  if (copies === 0) return undefined;
  const { seconds, memoryMiB, growthMiB, peaksMiB } = await oursSide(root, master, copies);
  const [ofApp = 0, ofShare = 0] = peaksMiB.map(Math.round);
  console.log(
    `${copies * SMALL_COUNT} files: ${seconds.toFixed(1)} s, peaks ${ofApp} MiB (app), ${ofShare} MiB (share)`,
  );
  return {
    files: copies * SMALL_COUNT,
    seconds: Number(seconds.toFixed(1)),
    peakMiB: { app: ofApp, share: ofShare, both: Math.round(memoryMiB) },
    growthMiB: Math.round(growthMiB),
  };
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
  const rules = { include: [], exclude: [], recursive: false, minAgeMs: 0, minGapMs: 0, limit: 0, maxLookAgeMs: 0 };
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
  const single = secondsOf(() => {
    for (let i = 0; i < 8; i++) createHash('md5').update(bytes).digest();
  });
  const lanes = new Md5Lanes(MiB);
  for (let lane = 0; lane < LANES; lane++) lanes.memory(lane).set(bytes.subarray(0, MiB));
  const both = (files: number): number =>
    secondsOf(() => {
      const each = Array.from({ length: LANES }, (_, lane) => (lane < files ? MiB : 0));
      for (let i = 0; i < 512 / files; i++) lanes.advance(each);
    });
  const [one, two, four] = [both(1), both(2), both(4)];
  const rate = (seconds: number): number => Math.round(512 / seconds);
  const seconds = (four / (512 * MiB)) * bytesIn(master);
  return {
    md5MiBs: rate(single),
    bothMiBs: { oneFile: rate(one), twoFiles: rate(two), fourFiles: rate(four) },
    cpuSeconds: Number(seconds.toFixed(1)),
    ofWall: Number((seconds / ours.median).toFixed(2)),
  };
}

function secondsOf(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}
