/**
 * Embeds and stores the batches of a plan, so many side by side. What is asked to wait waits by durable timers, however long; what
 * fails is tried again later each time, and given up after so many tries.
 */
import type { IndexBatch } from '../activities/index-batch';
import { sha256Hex } from '../domain/digest';
import type { DocumentLetter } from '../domain/ingestion/document-letter';
import type { BatchPlace, IndexPlan, IndexResult } from '../domain/ingestion/index-work';
import { stepFailure } from '../domain/step-failure';
import type { Step, Steps } from './durable';

export type Failure = Pick<DocumentLetter, 'code' | 'error' | 'attempts' | 'stack'>;

export type Indexed =
  | { readonly kind: 'indexed' }
  | { readonly kind: 'superseded' }
  | ({ readonly kind: 'failed' } & Failure)
  /** The history has become long: the rest wants a new one. `plan`: with the batches that are left. */
  | { readonly kind: 'long'; readonly plan: IndexPlan; readonly progress: IndexProgress };

/** How far the batches of a plan have come. */
export interface IndexProgress {
  /** Of each batch, in their order. */
  readonly tries: readonly number[];
  /** Waves in a row that nothing of went through. */
  readonly idle: number;
}

interface Waiting {
  readonly batch: BatchPlace;
  readonly tries: number;
}

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
/** Where less was asked for. */
const LONGEST_BUSY_MS = 15_000;
/** After so long a blob may be another one, or gone. */
const STALE_MS = 1_000;
/** Entries of a history, about: it is read anew at each step. */
const LONG_HISTORY = 1_000;

/** `progress`: undefined at the beginning. */
export function* indexBatches(steps: Steps, plan: IndexPlan, progress?: IndexProgress): Step<Indexed> {
  const { key, limits, record } = plan;
  let waiting: readonly Waiting[] = plan.batches.map((batch, i) => ({ batch, tries: progress?.tries[i] ?? 0 }));
  let idle = progress?.idle ?? 0;
  let lookedAtMs = progress ? -Infinity : steps.now();
  let entries = 0;
  while (waiting.length > 0) {
    if (entries >= LONG_HISTORY) {
      const left = { ...plan, batches: waiting.map(({ batch }) => batch) };
      return { kind: 'long', plan: left, progress: { tries: waiting.map(({ tries }) => tries), idle } };
    }
    const wave = waiting.slice(0, limits.width);
    const stale = steps.now() - lookedAtMs >= STALE_MS;
    if (stale) lookedAtMs = steps.now();
    const source = stale && record.source ? { source: record.source } : {};
    const results = yield* sideBySide(
      steps,
      wave.map(({ batch }) => ({ key, version: record.version, batch, ...source })),
    );
    // Each is scheduled and completed, and each turn of the orchestration begins and ends.
    entries += 2 * wave.length + 2;
    const again: Waiting[] = [];
    let pauseMs = 0;
    for (const [i, result] of results.entries()) {
      const one = wave[i];
      if (!one || result.kind === 'indexed') continue;
      if (result.kind === 'superseded') return result;
      const tries = one.tries + (result.kind === 'unavailable' && !result.counts ? 0 : 1);
      if (result.kind !== 'busy' && result.kind !== 'resting') {
        if (result.kind !== 'unavailable' || tries >= limits.maxAttempts) return failure(result, tries);
        again.push({ ...one, tries });
      } else again.push(one);
      pauseMs = Math.max(pauseMs, pauseAfter(result, tries, idle));
    }
    waiting = [...again, ...waiting.slice(limits.width)];
    idle = again.length < wave.length ? 0 : idle + 1;
    if (again.length === 0) continue;
    yield* pause(steps, pauseMs);
    entries += 4;
  }
  return { kind: 'indexed' };
}

/** A step that the host itself gave up (it took too long, its process died too often) failed like one that says so. */
function* sideBySide(steps: Steps, calls: readonly Parameters<IndexBatch>[0][]): Step<readonly IndexResult[]> {
  try {
    return yield* steps.all<IndexBatch>('index-batch', calls);
  } catch (error) {
    const { error: reason } = stepFailure(error);
    return calls.map(() => ({ kind: 'unavailable', of: 'store', reason, counts: true }));
  }
}

/** Not at the same moment as all others. */
function* pause(steps: Steps, ms: number): Step<void> {
  const spread = Number.parseInt(sha256Hex(`${steps.instanceId} ${steps.now()}`).slice(0, 4), 16) / 0xffff;
  yield* steps.sleep(Math.round(ms * (1 + spread / 4)));
}

/** As long as asked for; longer each time where it fails, or where being asked to wait helps nothing, so that histories stay short. */
function pauseAfter(
  result: Extract<IndexResult, { kind: 'busy' | 'resting' | 'unavailable' }>,
  tries: number,
  idle: number,
): number {
  switch (result.kind) {
    case 'busy':
      return Math.max(result.retryAfterMs, Math.min(FIRST_PAUSE_MS * 2 ** Math.min(idle, 10), LONGEST_BUSY_MS));
    case 'resting':
      return Math.max(result.retryAfterMs, FIRST_PAUSE_MS);
    case 'unavailable':
      return result.counts ? Math.min(FIRST_PAUSE_MS * 2 ** Math.min(tries, 10), LONGEST_PAUSE_MS) : FIRST_PAUSE_MS;
  }
}

function failure(
  result: Extract<IndexResult, { kind: 'unavailable' | 'refused' | 'lost' | 'mixed' }>,
  attempts: number,
): Indexed {
  switch (result.kind) {
    case 'unavailable': {
      const code = result.of === 'embedder' ? 'EMBEDDER_UNAVAILABLE' : 'INDEX_FAILED';
      return { kind: 'failed', code, error: result.reason, attempts };
    }
    case 'refused':
      return { kind: 'failed', code: 'EMBEDDING_REFUSED', error: result.reason, attempts };
    case 'lost':
      return { kind: 'failed', ...lost() };
    case 'mixed':
      return { kind: 'failed', ...mixed(result.holds) };
  }
}

export function lost(): Failure {
  return {
    code: 'WORKING_COPY_LOST',
    error: 'The text that was set aside for this run is not there any more.',
    attempts: 1,
  };
}

export function mixed({ name, dimensions }: { readonly name: string; readonly dimensions: number }): Failure {
  const error = `The store holds vectors of ${name} with ${dimensions} dimensions, which cannot be compared with those of the embedder that is set.`;
  return { code: 'INDEX_MODEL_MIXED', error, attempts: 1 };
}
