/**
 * The embedding model that comes with the dependencies of development: English, 512 dimensions, some ten paragraphs a second. It
 * runs in a thread of its own, which is started and loads the model with the first texts. The model looks at 128 tokens at once
 * (some 100 words); a longer text is the mean of its parts, so that chunks of that size are found best.
 * Invariants: 1. the thread has one slice of one call at a time: every other one goes to the call with the least left, so that a
 * search waits for a slice or two however many documents are under way, and those between go round, so that none waits for ever; 2. what is waiting is bounded; 3. if the thread ends, the call that it worked for rejects, and the
 * others go on in a new one.
 */
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Embedder, EmbedResult } from '../../ports/embedder';
import { PACKAGED_MODEL, type ModelAnswer, type ModelOrder } from './model-protocol';

export interface PackagedEmbedderOptions {
  /** Texts that wait at most; a call that would be beyond it is told to come again. Default 1,024. */
  readonly mostWaiting?: number;
  /** File of the thread. Default: the one beside this file. */
  readonly threadFile?: string;
}

const LIMITS = { texts: 32, tokens: 16_384 };
const SLICE_TEXTS = 8;
/** Some five parts of a text as the model takes them: about half a second. */
const SLICE_CHARACTERS = 2_400;
const SHORTEST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 60_000;
/** Of a text, before any was measured. */
const FIRST_GUESS_MS = 50;

interface Call {
  readonly texts: readonly string[];
  readonly vectors: Float32Array[];
  tokens: number;
  /** Characters that are still to be embedded. */
  left: number;
  ended: boolean;
  end(result: EmbedResult): void;
  fail(reason: Error): void;
}

interface Slice {
  readonly id: number;
  readonly call: Call;
  readonly texts: readonly string[];
  readonly began: number;
}

export function createPackagedEmbedder(options: PackagedEmbedderOptions = {}): Embedder {
  const mostWaiting = options.mostWaiting ?? 1024;
  const threadFile = options.threadFile ?? path.join(__dirname, 'model-thread.js');
  const calls: Call[] = [];
  let worker: Worker | undefined;
  let slice: Slice | undefined;
  let ids = 0;
  let perTextMs = FIRST_GUESS_MS;
  let closed = false;
  let goesRound = false;

  const waiting = (): number =>
    calls.reduce((sum, { texts, vectors, ended }) => sum + (ended ? 0 : texts.length - vectors.length), 0);

  function next(): void {
    if (slice) return;
    for (let at = calls.length - 1; at >= 0; at--) if (calls[at]?.ended) calls.splice(at, 1);
    goesRound = !goesRound;
    const call = goesRound ? calls[0] : leastLeft(calls);
    if (!call) {
      worker?.unref();
      return;
    }
    const began = performance.now();
    const texts = sliceOf(call.texts, call.vectors.length);
    slice = { id: ++ids, call, texts, began };
    worker ??= startThread();
    worker.ref();
    worker.postMessage({ id: slice.id, texts } satisfies ModelOrder);
  }

  function startThread(): Worker {
    const started = new Worker(threadFile);
    started.on('message', (answer: ModelAnswer) => {
      if (started === worker) take(answer);
    });
    const gone = (reason: string): void => {
      if (started !== worker) return;
      worker = undefined;
      const under = slice;
      slice = undefined;
      under?.call.fail(new Error(`The thread of the embedding model ended: ${reason}. The next texts start another.`));
      next();
    };
    started.once('error', (error: Error) => gone(error.message));
    started.once('exit', (code) => gone(`exit code ${code}`));
    return started;
  }

  function take(answer: ModelAnswer): void {
    if (answer.kind === 'unloadable') {
      // Another thread would say the same at once; the next call tries again.
      worker = undefined;
      slice = undefined;
      for (const call of calls.splice(0)) call.fail(new Error(answer.reason));
      return;
    }
    if (slice?.id !== answer.id) return;
    const { call, texts, began } = slice;
    slice = undefined;
    if (answer.kind === 'failed') call.fail(new Error(`The embedding model failed: ${answer.reason}`));
    else if (!call.ended) {
      perTextMs = (perTextMs * 3 + (performance.now() - began) / texts.length) / 4;
      const { dimensions } = PACKAGED_MODEL;
      for (let i = 0; i < texts.length; i++)
        call.vectors.push(answer.vectors.slice(i * dimensions, (i + 1) * dimensions));
      call.tokens += answer.tokens;
      call.left -= charactersOf(texts);
      if (call.vectors.length === call.texts.length)
        call.end({ kind: 'embedded', vectors: call.vectors, tokens: call.tokens });
    }
    const at = calls.indexOf(call);
    if (at >= 0) calls.splice(at, 1);
    if (!call.ended) calls.push(call);
    next();
  }

  return {
    model: PACKAGED_MODEL,
    limits: LIMITS,
    async embed(texts, signal) {
      signal?.throwIfAborted();
      if (closed) throw new Error('The embedder was closed.');
      if (texts.length > LIMITS.texts) throw new Error(`${texts.length} texts, but at most ${LIMITS.texts} at once.`);
      if (texts.length === 0) return { kind: 'embedded', vectors: [], tokens: 0 };
      const before = waiting();
      if (before > 0 && before + texts.length > mostWaiting)
        return {
          kind: 'busy',
          retryAfterMs: Math.round(Math.min(Math.max(before * perTextMs, SHORTEST_RETRY_MS), LONGEST_RETRY_MS)),
        };
      return new Promise((resolve, reject) => {
        const settle = (outcome: () => void): void => {
          if (call.ended) return;
          call.ended = true;
          signal?.removeEventListener('abort', onAbort);
          outcome();
        };
        const call: Call = {
          texts,
          vectors: [],
          tokens: 0,
          left: charactersOf(texts),
          ended: false,
          end: (result) => settle(() => resolve(result)),
          // What a caller aborts with is passed on as it is.
          fail: (reason) => settle(() => reject(reason)),
        };
        const onAbort = (): void => call.fail(signal?.reason as Error);
        signal?.addEventListener('abort', onAbort, { once: true });
        calls.push(call);
        next();
      });
    },
    async close() {
      closed = true;
      for (const call of calls.splice(0)) call.fail(new Error('The embedder was closed.'));
      const ending = worker;
      worker = undefined;
      slice = undefined;
      await ending?.terminate();
    },
  };
}

function charactersOf(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + text.length, 0);
}

/** Undefined of none; of several with the same, the one that waits longest. */
function leastLeft(calls: readonly Call[]): Call | undefined {
  let least = calls[0];
  for (const call of calls) if (least && call.left < least.left) least = call;
  return least;
}

function sliceOf(texts: readonly string[], from: number): string[] {
  let [to, characters] = [from, 0];
  do characters += texts[to++]?.length ?? 0;
  while (to < texts.length && to - from < SLICE_TEXTS && characters + (texts[to]?.length ?? 0) <= SLICE_CHARACTERS);
  return texts.slice(from, to);
}
