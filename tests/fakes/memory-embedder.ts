import type { EmbeddingModel } from '../../src/domain/ingestion/document';
import type { Embedder, EmbedResult } from '../../src/ports/embedder';

export interface MemoryEmbedder extends Embedder {
  /** The texts of each call that was taken, in order. */
  readonly calls: readonly (readonly string[])[];
}

export interface MemoryEmbedderOptions {
  readonly model?: EmbeddingModel;
  readonly limits?: Embedder['limits'];
  /** Asked before each call is answered: a result is given instead of vectors, and what it throws is thrown. */
  readonly before?: (texts: readonly string[], call: number) => Promise<EmbedResult | undefined>;
}

/** Counts words into the places that their hashes name, so that texts which share words are near each other. */
export function memoryEmbedder(options: MemoryEmbedderOptions = {}): MemoryEmbedder {
  const model = options.model ?? { name: 'memory', dimensions: 64 };
  const limits = options.limits ?? { texts: 16, tokens: 8192 };
  const calls: (readonly string[])[] = [];
  const closed = new AbortController();
  return {
    model,
    limits,
    calls,
    async embed(texts, signal) {
      signal?.throwIfAborted();
      closed.signal.throwIfAborted();
      if (texts.length === 0) return { kind: 'embedded', vectors: [], tokens: 0 };
      if (texts.length > limits.texts) throw new Error(`${texts.length} texts, but at most ${limits.texts} at once.`);
      calls.push(texts);
      const given = await unlessAborted(options.before?.(texts, calls.length), signal);
      signal?.throwIfAborted();
      if (given) return given;
      const tokens = texts.reduce((sum, text) => sum + words(text).length, 0);
      return { kind: 'embedded', vectors: texts.map((text) => wordVector(text, model.dimensions)), tokens };
    },
    async close() {
      closed.abort(new Error('The embedder was closed.'));
    },
  };
}

/** Of unit length; a text without words gets a direction of its own. */
export function wordVector(text: string, dimensions: number): Float32Array {
  const vector = new Float32Array(dimensions);
  const found = words(text);
  for (const word of found.length > 0 ? found : ['']) {
    const at = hash(word) % dimensions;
    vector[at] = (vector[at] ?? 0) + 1;
  }
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

function words(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}

/** FNV-1a. */
function hash(word: string): number {
  let value = 0x811c9dc5;
  for (const char of word) value = Math.imul(value ^ (char.codePointAt(0) ?? 0), 0x01000193);
  return value >>> 0;
}

function unlessAborted<T>(work: Promise<T> | undefined, signal: AbortSignal | undefined): Promise<T | undefined> {
  if (!work) return Promise.resolve(undefined);
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    work.then(resolve, reject);
  });
}
