/**
 * Does search find what is asked for? Questions about this repository's own documents (quality-questions.ts), cut, embedded with
 * the packaged model, stored and searched as the app does; beside it the store's search by meaning alone, and plain keyword search over
 * the same passages (BM25 as it is written down, of words as they stand: https://en.wikipedia.org/wiki/Okapi_BM25).
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createPackagedEmbedder } from '../../src/adapters/packaged-model/embedder';
import { createSqliteDocumentStore } from '../../src/adapters/sqlite/document-store';
import { createCl100kCounter } from '../../src/adapters/tokenizer/cl100k-counter';
import type { Chunk } from '../../src/domain/ingestion/chunk';
import { chunkText } from '../../src/domain/ingestion/chunk-text';
import { embeddedText } from '../../src/domain/ingestion/embedded-text';
import { textKind } from '../../src/domain/ingestion/text-kind';
import type { DocumentStore } from '../../src/ports/document-store';
import type { Embedder } from '../../src/ports/embedder';
import type { Figure } from './figures';
import { questions, type QualityQuestion } from './quality-questions';

interface Passage {
  readonly file: string;
  readonly text: string;
}

interface Cut extends Passage {
  readonly chunk: Chunk;
}

const root = path.resolve(__dirname, '..', '..', '..');
const countTokens = createCl100kCounter();
/** `CHUNK_TOKENS` and its overlap: as the app has it, and as large as the model's own look. */
const SIZES: readonly (readonly [tokens: number, overlap: number])[] = [
  [400, 40],
  [120, 12],
];
const NEAREST = 5;

/** Nothing varies between rounds: there is one. */
export async function measure(): Promise<Readonly<Record<string, Figure | number>>> {
  const embedder = createPackagedEmbedder();
  const figures: Record<string, number> = { questions: questions.length };
  try {
    const asked = await vectorsOf(
      embedder,
      questions.map((question) => question.asked),
    );
    for (const [tokens, overlap] of SIZES) {
      const cutUp = documents().map(({ file, text }) => ({ file, passages: cut(file, text, tokens, overlap) }));
      const passages = cutUp.flatMap((document) => document.passages);
      const byWords = bm25(passages);
      const byStore = await searched(embedder, cutUp, asked);
      const found = {
        hybrid: recall(byStore.hybrid),
        byMeaning: recall(byStore.byMeaning),
        byWords: recall(questions.map((question) => ranked(passages, byWords(question.asked)))),
      };
      console.log(`quality: ${tokens} tokens, ${passages.length} passages; found ${JSON.stringify(found)}`);
      Object.assign(figures, {
        [`passagesOf${tokens}`]: passages.length,
        [`recallAt5Of${tokens}`]: found.hybrid,
        [`recallAt5ByMeaningOf${tokens}`]: found.byMeaning,
        [`recallAt5ByWordsOf${tokens}`]: found.byWords,
      });
    }
  } finally {
    await embedder.close();
  }
  return figures;
}

/** What the embedded store answers, with and without words to look for. */
async function searched(
  embedder: Embedder,
  cutUp: readonly { readonly file: string; readonly passages: readonly Cut[] }[],
  asked: readonly Float32Array[],
): Promise<{ readonly hybrid: readonly Passage[][]; readonly byMeaning: readonly Passage[][] }> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-bench-'));
  const store = createSqliteDocumentStore({ file: path.join(folder, 'vectors.db') });
  try {
    await store.prepare(embedder.model);
    for (const [i, document] of cutUp.entries()) await put(store, embedder, `${i}`.padStart(22, '0'), document);
    const first = async (vector: Float32Array, text: string): Promise<Passage[]> =>
      (await store.search({ text, vector, k: NEAREST })).map(({ document, chunk }) => ({
        file: document.name,
        text: chunk.text,
      }));
    return {
      hybrid: await Promise.all(asked.map((vector, i) => first(vector, questions[i]?.asked ?? ''))),
      byMeaning: await Promise.all(asked.map((vector) => first(vector, ''))),
    };
  } finally {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function put(
  store: DocumentStore,
  embedder: Embedder,
  documentId: string,
  { file, passages }: { readonly file: string; readonly passages: readonly Cut[] },
): Promise<void> {
  const vectors = await vectorsOf(
    embedder,
    passages.map(({ chunk, text }) => embeddedText(chunk, text)),
  );
  const key = { projectId: 'p', documentId };
  const chunks = passages.map(({ chunk, text }, i) => ({ ...chunk, text, vector: vectors[i] ?? new Float32Array() }));
  await store.putChunks(key, 'v', chunks);
  const told = {
    contentHash: '',
    chunking: '',
    model: embedder.model,
    chunks: chunks.length,
    tokens: 0,
    characters: 0,
  };
  await store.replace({ ...key, name: file, version: 'v', ...told, ingestedAt: new Date().toISOString() }, 'nothing');
}

/** The documents that the questions are about, and those beside them. */
export function documents(): readonly Passage[] {
  const folders = ['docs', 'docs/adr'];
  const files = folders.flatMap((folder) =>
    readdirSync(path.join(root, folder))
      .filter((file) => file.endsWith('.md'))
      .map((file) => `${folder}/${file}`),
  );
  return ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'local-host/DESIGN.md', ...files].map((file) => ({
    file,
    text: readFileSync(path.join(root, file), 'utf8'),
  }));
}

function cut(file: string, text: string, maxTokens: number, overlapTokens: number): Cut[] {
  const chunks = chunkText(text, { kind: textKind(file, 'text/markdown'), maxTokens, overlapTokens }, countTokens);
  return chunks.map((chunk) => ({ file, chunk, text: text.slice(chunk.contextStart, chunk.end) }));
}

async function vectorsOf(embedder: Embedder, texts: readonly string[]): Promise<Float32Array[]> {
  const vectors: Float32Array[] = [];
  for (let at = 0; at < texts.length; at += embedder.limits.texts) {
    const result = await embedder.embed(texts.slice(at, at + embedder.limits.texts));
    if (result.kind !== 'embedded') throw new Error(`Not embedded: ${JSON.stringify(result)}`);
    vectors.push(...result.vectors);
  }
  return vectors;
}

function ranked(passages: readonly Passage[], score: (passage: Passage, index: number) => number): Passage[] {
  return passages
    .map((passage, i) => ({ passage, score: score(passage, i) }))
    .sort((a, b) => b.score - a.score)
    .slice(0, NEAREST)
    .map(({ passage }) => passage);
}

/** Share of the questions whose answer is among the first passages. */
function recall(found: readonly (readonly Passage[])[]): number {
  const right = questions.filter((question, i) => found[i]?.some((passage) => answers(passage, question)));
  return Number((right.length / questions.length).toFixed(2));
}

function answers({ file, text }: Passage, question: QualityQuestion): boolean {
  return file === question.file && (question.answer === undefined || oneLine(text).includes(oneLine(question.answer)));
}

/** Words as in a line that ends nowhere. */
export function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ');
}

function bm25(passages: readonly Passage[]): (question: string) => (passage: Passage, index: number) => number {
  const [k1, b] = [1.2, 0.75];
  const bags = passages.map(({ text }) => wordsOf(text));
  const mean = bags.reduce((sum, bag) => sum + bag.length, 0) / bags.length;
  const counts = bags.map((bag) => {
    const count = new Map<string, number>();
    for (const word of bag) count.set(word, (count.get(word) ?? 0) + 1);
    return count;
  });
  const weight = (word: string): number => {
    const holding = counts.filter((count) => count.has(word)).length;
    return Math.log(1 + (bags.length - holding + 0.5) / (holding + 0.5));
  };
  return (question) => {
    const words = [...new Set(wordsOf(question))].map((word) => ({ word, weight: weight(word) }));
    return (_, i) =>
      words.reduce((sum, { word, weight: own }) => {
        const often = counts[i]?.get(word) ?? 0;
        const length = bags[i]?.length ?? 0;
        return sum + (own * often * (k1 + 1)) / (often + k1 * (1 - b + (b * length) / mean));
      }, 0);
  };
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}_]+/gu) ?? [];
}
