/** Where is my file or order: what a note costs, and how long an answer takes with a million items known. */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createSqliteItemStore } from '../src/adapters/sqlite/item-store';
import { lookup, type ItemNote } from '../src/domain/items/item';
import { figure } from './parts/figures';

const ITEMS = 1_000_000;
const AT_ONCE = 500;
const ASKED = 1_000;
const ROUNDS = 3;

/** A half are files of a folder each, a half orders with a trace; each is noted as worked on, and as done. */
function notesOf(n: number): ItemNote[] {
  const common = { key: `key-${n}`, atMs: 1_700_000_000_000 + n, instanceId: `instance-${n}` };
  const kind =
    n % 2 === 0
      ? { pipeline: 'media' as const, name: `rawfiles/2026/${n % 1000}/file-${n}.pdf` }
      : {
          pipeline: 'orders' as const,
          tenantId: `t${n % 50}`,
          orderId: `order-${n}`,
          requestId: 'r',
          traceId: traceOf(n),
        };
  return [
    { ...common, ...kind, state: 'working' },
    { ...common, ...kind, state: 'done', atMs: common.atMs + 1_000, detail: `processed/media/file-${n}.pdf` },
  ];
}

const traceOf = (n: number): string => n.toString(16).padStart(32, '0');

export async function run(): Promise<void> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-bench-items-'));
  const file = path.join(folder, 'items.db');
  const store = createSqliteItemStore({ file });
  try {
    const began = performance.now();
    const cpu = process.cpuUsage();
    for (let from = 0; from < ITEMS; from += AT_ONCE)
      await store.put(Array.from({ length: AT_ONCE }, (_, i) => notesOf(from + i)).flat());
    const [tookMs, used] = [performance.now() - began, process.cpuUsage(cpu)];
    const noteUs = ((used.user + used.system) / ITEMS) * 0.5;
    console.log(`${ITEMS} items noted twice in ${(tookMs / 1000).toFixed(0)} s, ${noteUs.toFixed(1)} us CPU a note`);

    const ways = {
      name: (n: number) => lookup('name', `rawfiles/2026/${(2 * n) % 1000}/file-${2 * n}.pdf`),
      lastSegment: (n: number) => lookup('name', `file-${2 * n}.pdf`),
      order: (n: number) => lookup('order', `order-${2 * n + 1}`),
      trace: (n: number) => lookup('trace', traceOf(2 * n + 1)),
      unknown: (n: number) => lookup('name', `nobody-${n}`),
    };
    const p50: Record<string, ReturnType<typeof figure>> = {};
    const p99: Record<string, ReturnType<typeof figure>> = {};
    for (const [way, by] of Object.entries(ways)) {
      const [medians, tails]: [number[], number[]] = [[], []];
      for (let round = 0; round < ROUNDS; round++) {
        const took: number[] = [];
        for (let i = 0; i < ASKED; i++) {
          // A prime, so that what is asked for lies far apart.
          const n = (i * 7_919 + round * 104_729) % (ITEMS / 2);
          const asked = performance.now();
          const found = await store.find(by(n), 100);
          took.push(performance.now() - asked);
          if (found.length !== (way === 'unknown' ? 0 : 1)) throw new Error(`${by(n)}: ${found.length} items`);
        }
        took.sort((a, b) => a - b);
        medians.push(took[ASKED / 2] ?? NaN);
        tails.push(took[(ASKED * 99) / 100] ?? NaN);
      }
      p50[way] = figure(medians, 2);
      p99[way] = figure(tails, 2);
    }
    const fileMb = Math.round(statSync(file).size / 1024 ** 2);
    console.log(
      JSON.stringify({
        bench: 'items',
        items: ITEMS,
        noteCpuUs: Math.round(noteUs * 10) / 10,
        fileMb,
        p50Ms: p50,
        p99Ms: p99,
      }),
    );
  } finally {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
