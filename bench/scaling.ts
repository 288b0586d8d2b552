/**
 * `npm run bench -- scaling`: from an empty queue and 200 blobs until all are moved, with one instance and with up to ten, which the
 * local host's scaler starts; and how soon it reacts. Looks every 2 s.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import '../local-host/quiet-sqlite';
import { sparePorts } from '../scripts/scale/spare-ports';
import { runScaling, type ScaleRunResult } from '../scripts/scale/scale-run';

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3);
const BLOBS = Number(process.env.BENCH_BLOBS ?? 200);
const INSTANCES = [1, 10];

export async function run(): Promise<void> {
  const results = new Map<number, ScaleRunResult[]>(INSTANCES.map((most) => [most, []]));
  for (let round = 0; round < ROUNDS; round++)
    for (const most of INSTANCES) {
      const result = await measured(most);
      results.get(most)?.push(result);
      console.log(`round ${round + 1}, up to ${most}: ${JSON.stringify({ ...result, decisions: undefined })}`);
    }
  const figures = (most: number, of: (result: ScaleRunResult) => number | undefined): object => {
    const values = (results.get(most) ?? []).flatMap((result) => of(result) ?? []).sort((a, b) => a - b);
    return { median: values[Math.floor(values.length / 2)], min: values[0], max: values.at(-1) };
  };
  console.log(
    JSON.stringify({
      ...{ bench: 'scaling', blobs: BLOBS, rounds: ROUNDS, load: os.loadavg()[0] },
      ...{ movedMsWith1: figures(1, (r) => r.movedMs), movedMsWith10: figures(10, (r) => r.movedMs) },
      ...{ askedMs: figures(10, (r) => r.askedMs), servedMs: figures(10, (r) => r.servedMs) },
    }),
  );
}

async function measured(maxInstances: number): Promise<ScaleRunResult> {
  const home = mkdtempSync(path.join(os.tmpdir(), 'sluice-scaling-'));
  const [blob, queue, table, port, metricsPort] = await sparePorts();
  try {
    const result = await runScaling({
      ...{ root: path.resolve(__dirname, '..', '..'), home, port, metricsPort, blobs: BLOBS, maxInstances },
      ...{ storagePorts: [blob, queue, table], pollingSeconds: 2, windowSeconds: 10 },
    });
    if (result.moved !== BLOBS) throw new Error(`${result.moved} of ${BLOBS} blobs were moved.`);
    return result;
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}
