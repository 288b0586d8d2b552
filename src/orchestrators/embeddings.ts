/**
 * One text, from its words to chunks that can be searched (T2). Chunks are written under a version that nobody sees, then the
 * document's record is replaced, then what it stood for before is removed: a reader sees the old document or the new one, whole.
 * Runs again harmlessly. What is asked to wait waits by durable timers, however long.
 */
import type { BuryDocument } from '../activities/bury-document';
import type { IndexBatch } from '../activities/index-batch';
import type { PlanDocument } from '../activities/plan-document';
import type { ReplaceDocument } from '../activities/replace-document';
import type { SettleDocument } from '../activities/settle-document';
import { sha256Hex } from '../domain/digest';
import type { DocumentLetter } from '../domain/ingestion/document-letter';
import { parseEmbeddingsInput, planBlobOf, type EmbeddingsInput } from '../domain/ingestion/embeddings-input';
import type {
  BatchPlace,
  DocumentOutcome,
  EmbeddingsOutput,
  IndexPlan,
  IndexResult,
} from '../domain/ingestion/index-work';
import { stepFailure } from '../domain/step-failure';
import { orchestrator, type Retry, type Step, type Steps } from './durable';

/** Of steps that are not counted by hand; 8 minutes in all. */
const RETRY: Retry = { maxAttempts: 12, firstDelayMs: 2_000 };
/** The end of a run is the last resort: keep trying for as long as storage may be away. */
const PATIENCE: Retry = { maxAttempts: 1_000, firstDelayMs: 2_000 };
/** Other runs may replace the record between a look at it and the next; so often in a row they do not. */
const MOST_ROUNDS = 50;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
/** Where less was asked for. */
const LONGEST_BUSY_MS = 15_000;

type Failure = Pick<DocumentLetter, 'code' | 'error' | 'attempts' | 'stack'>;
interface Waiting {
  readonly batch: BatchPlace;
  readonly tries: number;
}

type Indexed = { readonly kind: 'indexed' } | { readonly kind: 'superseded' } | ({ readonly kind: 'failed' } & Failure);

export function* embeddingsStory(steps: Steps, given: EmbeddingsInput): Step<EmbeddingsOutput> {
  const parsed = parseEmbeddingsInput(given);
  if (parsed.kind === 'invalid') {
    const told = { projectId: '', name: '' };
    yield* bury(told, { code: 'INGESTION_INPUT_INVALID', error: parsed.reason, attempts: 1 }, given);
    return { outcome: 'failed' };
  }
  const { input } = parsed;
  const run = { instanceId: steps.instanceId, beganAtMs: steps.now() };
  /** Chunks of this version may have been written. */
  let begun: IndexPlan | undefined;
  let indexed = false;
  try {
    for (let round = 1; round <= MOST_ROUNDS; round++) {
      const planned = yield* steps.run<PlanDocument>('plan-document', { run, input }, RETRY);
      if (planned.kind === 'duplicate') return yield* settle('duplicate', begun?.record.version);
      if (planned.kind === 'lost') return yield* giveUp(lost());
      if (planned.kind === 'mixed') return yield* giveUp(mixed(planned.holds));

      const { standing } = planned.kind === 'plan' ? planned.plan : planned;
      if (planned.kind === 'plan') {
        const { plan } = planned;
        if (begun?.record.version !== plan.record.version) indexed = false;
        begun = plan;
        const result = indexed ? ({ kind: 'indexed' } as const) : yield* indexAll(plan);
        if (result.kind === 'failed') return yield* giveUp(result);
        if (result.kind === 'superseded') return yield* settle('superseded', plan.record.version);
        indexed = true;
      }
      const { record } = planned.kind === 'plan' ? planned.plan : planned;
      const replacing = { record, ...(standing ? { standing } : {}) };
      const replaced = yield* steps.run<ReplaceDocument>('replace-document', replacing, RETRY);
      if (replaced.kind === 'superseded') return yield* settle('superseded', begun?.record.version);
      if (replaced.kind === 'replaced') {
        if (planned.kind === 'unchanged') return yield* settle('unchanged', begun?.record.version);
        return yield* settle('ingested', standing?.version);
      }
    }
    throw new Error(`The document was replaced by others under each of ${MOST_ROUNDS} tries.`);
  } catch (error) {
    return yield* giveUp({ code: 'INGESTION_FAILED', attempts: RETRY.maxAttempts, ...stepFailure(error) });
  }

  function* indexAll(plan: IndexPlan): Step<Indexed> {
    const { key, limits, record } = plan;
    let waiting: readonly Waiting[] = plan.batches.map((batch) => ({ batch, tries: 0 }));
    /** Waves in a row that nothing of went through. */
    let idle = 0;
    let hasWaited = false;
    while (waiting.length > 0) {
      const wave = waiting.slice(0, limits.width);
      // Time has passed: the blob may be another one by now.
      const source = hasWaited && record.source ? { source: record.source } : {};
      const results = yield* sideBySide(wave.map(({ batch }) => ({ key, version: record.version, batch, ...source })));
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
      yield* pause(pauseMs);
      hasWaited = true;
    }
    return { kind: 'indexed' };
  }

  /** A step that the host itself gave up (it took too long, its process died too often) failed like one that says so. */
  function* sideBySide(calls: readonly Parameters<IndexBatch>[0][]): Step<readonly IndexResult[]> {
    try {
      return yield* steps.all<IndexBatch>('index-batch', calls);
    } catch (error) {
      const { error: reason } = stepFailure(error);
      return calls.map(() => ({ kind: 'unavailable', of: 'store', reason, counts: true }));
    }
  }

  /** Not at the same moment as all others. */
  function* pause(ms: number): Step<void> {
    const spread = Number.parseInt(sha256Hex(`${steps.instanceId} ${steps.now()}`).slice(0, 4), 16) / 0xffff;
    yield* steps.sleep(Math.round(ms * (1 + spread / 4)));
  }

  function* settle(outcome: DocumentOutcome, leftOver: string | undefined): Step<EmbeddingsOutput> {
    const { projectId, name, source, uploadedBy, takenAtMs } = input;
    const ingested =
      outcome === 'ingested' && begun ? { chunks: begun.record.chunks, tokens: begun.record.tokens } : {};
    const described = {
      ...(source ? { source } : {}),
      ...(uploadedBy === undefined ? {} : { uploadedBy }),
      ...(takenAtMs === undefined ? {} : { takenAtMs }),
      ...ingested,
    };
    const working = input.stored ? [input.stored.blob, planBlobOf(input.stored.blob)] : [];
    const left = leftOver !== undefined && begun ? { leftOver: { key: begun.key, version: leftOver } } : {};
    const end = { outcome, instanceId: steps.instanceId, projectId, name, working, ...left, ...described };
    yield* steps.run<SettleDocument>('settle-document', end, PATIENCE);
    const documentId = begun?.key.documentId;
    return { outcome, ...(documentId === undefined ? {} : { documentId }), ...ingested };
  }

  /** The dead letter first: what is left over can wait for as long as the store is away. */
  function* giveUp(failed: Failure): Step<EmbeddingsOutput> {
    yield* bury(input, failed, input);
    return yield* settle('failed', begun?.record.version);
  }

  function* bury(
    { projectId, name, source, uploadedBy }: Partial<EmbeddingsInput>,
    failed: Failure,
    original: unknown,
  ): Step<void> {
    const letter = {
      ...{ instanceId: steps.instanceId, atMs: steps.now(), projectId: projectId ?? '', name: name ?? '' },
      ...(source ? { source } : {}),
      ...(uploadedBy === undefined ? {} : { uploadedBy }),
      ...failed,
      // A blob is read again; a text that came alone is all there is.
      ...(source ? {} : { original }),
    };
    yield* steps.run<BuryDocument>('bury-document', letter, PATIENCE);
  }
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

function lost(): Failure {
  return {
    code: 'WORKING_COPY_LOST',
    error: 'The text that was set aside for this run is not there any more.',
    attempts: 1,
  };
}

function mixed({ name, dimensions }: { readonly name: string; readonly dimensions: number }): Failure {
  const error = `The store holds vectors of ${name} with ${dimensions} dimensions, which cannot be compared with those of the embedder that is set.`;
  return { code: 'INDEX_MODEL_MIXED', error, attempts: 1 };
}

export const embeddings = orchestrator(embeddingsStory);
