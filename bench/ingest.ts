/**
 * Text ingestion, part by part: each lies in bench/parts/ingest-PART.ts and exports `measure`. `BENCH_PART` runs one alone; the
 * closing line has the figures of all that ran.
 */
import { measure as chunking } from './parts/ingest-chunking';
import { measure as documents } from './parts/ingest-documents';
import { measure as large } from './parts/ingest-large';
import { measure as quality } from './parts/ingest-quality';
import { measure as search } from './parts/ingest-search';
import type { Figure } from './parts/figures';

/** Runs `rounds` rounds, both sides in turn, tells of each, and answers the figures under their names. */
export type MeasurePart = (rounds: number) => Promise<Readonly<Record<string, Figure | number>>>;

const parts: Readonly<Record<string, MeasurePart>> = { chunking, documents, large, search, quality };

export async function run(): Promise<void> {
  const rounds = Number(process.env.BENCH_ROUNDS ?? 5);
  const only = process.env.BENCH_PART;
  if (only !== undefined && !(only in parts))
    throw new Error(`BENCH_PART is ${only}; there is ${Object.keys(parts).join(', ')}.`);
  const figures: Record<string, unknown> = {};
  for (const [name, measure] of Object.entries(parts))
    if (only === undefined || only === name) figures[name] = await measure(rounds);
  console.log(JSON.stringify({ bench: 'ingest', ...figures }));
}
