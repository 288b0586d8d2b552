/**
 * Search in the embedded store: seeded vectors around centres, as those of texts on some hundred matters are, in ten projects, and
 * texts of 160 made-up words each, as often as words of a language are (Zipf's law). Questions have six of them. Beside it a bare loop over the same vectors in memory, which is what a search without a database would cost here.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createSqliteDocumentStore } from '../../src/adapters/sqlite/document-store';
import type { DocumentRecord, EmbeddingModel } from '../../src/domain/ingestion/document';
import type { DocumentStore, EmbeddedChunk } from '../../src/ports/document-store';
import { figure, quantile, type Figure } from './figures';

const DIMENSIONS = 512;
const PROJECTS = 10;
const CENTRES = 300;
const CHUNKS_OF_A_DOCUMENT = 1000;
const K = 10;
const WORDS_OF_A_CHUNK = 160;
const WORDS_ASKED = 6;
const VOCABULARY = 50_000;
/** Words as frequent as these say nothing, and a search leaves them out. */
const STOP_WORDS = 100;
const MOST_ASKED = 32;
const model: EmbeddingModel = { name: 'seeded', dimensions: DIMENSIONS };

/**
 * `BENCH_CHUNKS` (100,000) are written once; then each round searches `BENCH_SEARCHES` (50) times for the ten nearest of all
 * projects, of one, of all while another document is written, of all by meaning alone, and by the bare loop. Milliseconds, where nothing
 * else is said.
 */
export async function measure(rounds: number): Promise<Readonly<Record<string, Figure | number>>> {
  const chunks = Number(process.env.BENCH_CHUNKS ?? 100_000);
  const searches = Number(process.env.BENCH_SEARCHES ?? 50);
  const seed = Number(process.env.BENCH_SEED ?? 42);
  const folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-bench-'));
  const file = path.join(folder, 'vectors.db');
  const store = createSqliteDocumentStore({ file });
  try {
    await store.prepare(model);
    const vectors = seededVectors(seed, chunks + searches);
    const vectorAt: VectorAt = (i) => vectors.subarray(i * DIMENSIONS, (i + 1) * DIMENSIONS);
    const wordsAt = seededWords(seed);
    const writtenPerSecond = await fill(store, chunks, { vectorAt, wordsAt });
    const fileMiB = Math.round((statSync(file).size + statSync(`${file}-wal`).size) / 2 ** 20);
    console.log(`search: seed ${seed}, ${chunks} chunks at ${writtenPerSecond}/s, ${fileMiB} MiB`);
    const queries = Array.from({ length: searches }, (_, i) => ({
      vector: vectorAt(chunks + i),
      text: wordsAt(chunks + i, WORDS_ASKED, STOP_WORDS),
    }));
    const nearest = queries.map(({ vector }) => nearestByLoop(vectors, chunks, vector));
    const made: Round[] = [];
    for (let round = 0; round < rounds; round++) {
      const now = await oneRound(store, { queries, nearest, vectorAt, loop: (q) => nearestByLoop(vectors, chunks, q) });
      made.push(now);
      console.log(
        `search: p50 ${now.all.p50.toFixed(0)}, p99 ${now.all.p99.toFixed(0)}, one project ${now.one.p50.toFixed(0)}, while writing ${now.writing.p50.toFixed(0)}, by meaning ${now.meaning.p50.toFixed(0)}, most words ${now.most.p50.toFixed(0)}, bare loop ${now.loop.p50.toFixed(0)} ms; CPU ${now.cpuMs.toFixed(0)} ms, by meaning ${now.meaningCpuMs.toFixed(0)}; recall ${now.recall}`,
      );
    }
    const of = (pick: (round: Round) => number, digits?: number): Figure => figure(made.map(pick), digits);
    return {
      chunks,
      writtenPerSecond,
      fileMiB,
      p50: of(({ all }) => all.p50),
      p99: of(({ all }) => all.p99),
      cpuMs: of(({ cpuMs }) => cpuMs),
      oneProjectP50: of(({ one }) => one.p50),
      oneProjectP99: of(({ one }) => one.p99),
      whileWritingP50: of(({ writing }) => writing.p50),
      whileWritingP99: of(({ writing }) => writing.p99),
      byMeaningP50: of(({ meaning }) => meaning.p50),
      byMeaningP99: of(({ meaning }) => meaning.p99),
      byMeaningCpuMs: of(({ meaningCpuMs }) => meaningCpuMs),
      mostWordsP50: of(({ most }) => most.p50),
      bareLoopP50: of(({ loop }) => loop.p50),
      bareLoopOverByMeaning: of(({ loop, meaning }) => loop.p50 / meaning.p50, 2),
      recallAt10: of(({ recall }) => recall, 4),
      replaceThousandChunks: await measureReplace(store, vectorAt),
    };
  } finally {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

type VectorAt = (i: number) => Float32Array;
type WordsAt = (i: number, count: number, leftOut?: number) => string;

interface Question {
  readonly vector: Float32Array;
  readonly text: string;
}

interface Latency {
  readonly p50: number;
  readonly p99: number;
}

interface Round {
  readonly all: Latency;
  readonly one: Latency;
  readonly writing: Latency;
  readonly meaning: Latency;
  /** Of questions with as many words as are looked for, the most frequent that there are. */
  readonly most: Latency;
  readonly loop: Latency;
  /** Of the process, for a search in all projects. */
  readonly cpuMs: number;
  readonly meaningCpuMs: number;
  /** Of the nearest by the bare loop, how many the store found by meaning. */
  readonly recall: number;
}

async function oneRound(
  store: DocumentStore,
  given: {
    readonly queries: readonly Question[];
    readonly nearest: readonly (readonly string[])[];
    readonly vectorAt: VectorAt;
    readonly loop: (query: Float32Array) => unknown;
  },
): Promise<Round> {
  const { queries, nearest, vectorAt } = given;
  const found: string[][] = [];
  const all = await timed(queries, (question) => store.search({ ...question, k: K }));
  const meaning = await timed(queries, async ({ vector }) => {
    found.push((await store.search({ text: '', vector, k: K })).map(({ chunk }) => chunk.text.split(' ', 1)[0] ?? ''));
  });
  const words = Array.from({ length: MOST_ASKED }, (_, rank) => wordOf(rank)).join(' ');
  const most = await timed(queries.slice(0, 5), ({ vector }) => store.search({ text: words, vector, k: K }));
  const one = await timed(queries, (question) => store.search({ projectId: 'p3', ...question, k: K }));
  const writer = writeOn(store, vectorAt);
  const writing = await timed(queries, (question) => store.search({ ...question, k: K }));
  await writer.stop();
  const loop = await timed(queries, async ({ vector }) => given.loop(vector));
  const same = nearest.reduce((sum, ids, i) => sum + ids.filter((id) => found[i]?.includes(id)).length, 0);
  const recall = same / (queries.length * K);
  return { all, one, writing, meaning, most, loop, cpuMs: all.cpuMs, meaningCpuMs: meaning.cpuMs, recall };
}

/** Answers chunks a second. */
async function fill(
  store: DocumentStore,
  chunks: number,
  { vectorAt, wordsAt }: { readonly vectorAt: VectorAt; readonly wordsAt: WordsAt },
): Promise<number> {
  const began = performance.now();
  for (let document = 0; document * CHUNKS_OF_A_DOCUMENT < chunks; document++) {
    const from = document * CHUNKS_OF_A_DOCUMENT;
    const own = Array.from({ length: Math.min(CHUNKS_OF_A_DOCUMENT, chunks - from) }, (_, i) =>
      chunkOf(i, `${from + i} ${wordsAt(from + i, WORDS_OF_A_CHUNK)}`, vectorAt(from + i)),
    );
    const record = recordOf(document, 'v');
    await store.putChunks(record, 'v', own);
    await store.replace(record, 'nothing');
  }
  return Math.round(chunks / ((performance.now() - began) / 1000));
}

async function timed(
  queries: readonly Question[],
  work: (question: Question) => Promise<unknown>,
): Promise<Latency & { readonly cpuMs: number }> {
  const times: number[] = [];
  const cpu = process.cpuUsage();
  for (const question of queries) {
    const began = performance.now();
    await work(question);
    times.push(performance.now() - began);
  }
  const { user, system } = process.cpuUsage(cpu);
  times.sort((a, b) => a - b);
  const cpuMs = (user + system) / 1000 / queries.length;
  return { p50: quantile(times, 0.5), p99: quantile(times, 0.99), cpuMs };
}

/** Writes and removes the chunks of a document that is never seen, over and over. */
function writeOn(store: DocumentStore, vectorAt: VectorAt): { stop(): Promise<void> } {
  let stopped = false;
  const record = recordOf(PROJECTS * 1000, 'w');
  const chunks = Array.from({ length: 100 }, (_, i) => chunkOf(i, `w${i}`, vectorAt(i)));
  const work = (async () => {
    while (!stopped) {
      await store.putChunks(record, 'w', chunks);
      await store.removeChunks(record, 'w');
    }
  })();
  return {
    stop: () => {
      stopped = true;
      return work;
    },
  };
}

/** Milliseconds until another version of 1,000 chunks is the one that is seen. */
async function measureReplace(store: DocumentStore, vectorAt: VectorAt): Promise<number> {
  const standing = await store.find(recordOf(0, 'v'));
  const next = recordOf(0, 'v2');
  const chunks = Array.from({ length: CHUNKS_OF_A_DOCUMENT }, (_, i) => chunkOf(i, `r${i}`, vectorAt(i)));
  await store.putChunks(next, 'v2', chunks);
  const began = performance.now();
  await store.replace(next, standing ? { tag: standing.tag } : 'nothing');
  return Math.round(performance.now() - began);
}

function recordOf(document: number, version: string): DocumentRecord {
  return {
    projectId: `p${document % PROJECTS}`,
    documentId: `${document}`.padStart(22, '0'),
    name: `document-${document}.md`,
    version,
    contentHash: '',
    chunking: '',
    model,
    chunks: CHUNKS_OF_A_DOCUMENT,
    tokens: 0,
    characters: 0,
    ingestedAt: '2026-01-01T00:00:00.000Z',
  };
}

function chunkOf(ordinal: number, text: string, vector: Float32Array): EmbeddedChunk {
  return { ordinal, contextStart: 0, start: 0, end: 1, headings: [], tokens: 1, text, vector };
}

function nearestByLoop(vectors: Float32Array, count: number, query: Float32Array): string[] {
  const best: { readonly id: number; readonly score: number }[] = [];
  for (let i = 0; i < count; i++) {
    let score = 0;
    for (let j = 0, at = i * DIMENSIONS; j < DIMENSIONS; j++, at++) score += (vectors[at] ?? 0) * (query[j] ?? 0);
    if (best.length < K || score > (best.at(-1)?.score ?? -1)) {
      best.push({ id: i, score });
      best.sort((a, b) => b.score - a.score);
      best.length = Math.min(best.length, K);
    }
  }
  return best.map(({ id }) => `${id}`);
}

/** Texts by number, each the same whenever it is asked for; `leftOut`: so many of the most frequent words are not in it. */
function seededWords(seed: number): WordsAt {
  const share = new Float64Array(VOCABULARY);
  let sum = 0;
  for (let rank = 0; rank < VOCABULARY; rank++) share[rank] = sum += 1 / (rank + 1);
  const rankOf = (at: number): number => {
    let [low, high] = [0, VOCABULARY - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((share[middle] ?? 0) < at) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return (i, count, leftOut = 0) => {
    const next = seededNumbers(seed * 7919 + i);
    const from = leftOut === 0 ? 0 : (share[leftOut - 1] ?? 0);
    return Array.from({ length: count }, () => wordOf(rankOf(from + next() * (sum - from)))).join(' ');
  };
}

/** No word of English, and with no ending of it. */
function wordOf(rank: number): string {
  return `${rank.toString(36)}x`;
}

/** From 0 up to 1 (mulberry32). */
function seededNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One after the other, each of unit length (Box and Muller's transform). */
function seededVectors(seed: number, count: number): Float32Array {
  const next = seededNumbers(seed);
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  const centres = Array.from({ length: CENTRES }, () => Float32Array.from({ length: DIMENSIONS }, normal));
  const vectors = new Float32Array(count * DIMENSIONS);
  for (let i = 0; i < count; i++) {
    const centre = centres[Math.floor(next() * CENTRES)];
    const own = vectors.subarray(i * DIMENSIONS, (i + 1) * DIMENSIONS);
    for (let j = 0; j < DIMENSIONS; j++) own[j] = 0.8 * (centre?.[j] ?? 0) + normal();
    const length = Math.hypot(...own);
    for (let j = 0; j < DIMENSIONS; j++) own[j] = (own[j] ?? 0) / length;
  }
  return vectors;
}
