/**
 * One text, from its words to chunks that can be searched (T2). Chunks are written under a version that nobody sees, then the
 * document's record is replaced, then what it stood for before is removed: a reader sees the old document or the new one, whole.
 * Runs again harmlessly. What is asked to wait waits by durable timers, however long; where that makes its history long, the run goes
 * on with a new one from where it stands.
 */
import type { BuryDocument } from '../activities/bury-document';
import type { PlanDocument } from '../activities/plan-document';
import type { ReplaceDocument } from '../activities/replace-document';
import type { SettleDocument } from '../activities/settle-document';
import type { DocumentLetter } from '../domain/ingestion/document-letter';
import { parseEmbeddingsInput, planBlobOf, type EmbeddingsInput } from '../domain/ingestion/embeddings-input';
import type { DocumentOutcome, EmbeddingsOutput, IndexPlan } from '../domain/ingestion/index-work';
import { stepFailure } from '../domain/step-failure';
import { orchestrator, type Retry, type Step, type Steps } from './durable';
import { indexBatches, lost, mixed, type Failure, type IndexProgress } from './index-batches';
import { insist } from './insist';

/** Of steps that are not counted by hand; 8 minutes in all. */
const RETRY: Retry = { maxAttempts: 12, firstDelayMs: 2_000 };
/** Other runs may replace the record between a look at it and the next; so often in a row they do not. */
const MOST_ROUNDS = 50;

/** Where a run stands whose history was cut off. */
export interface GoesOn {
  readonly goesOn: Indexing | Ending;
}

interface Indexing {
  readonly at: 'indexing';
  readonly input: EmbeddingsInput;
  /** Of the run as a whole. */
  readonly beganAtMs: number;
  readonly plan: IndexPlan;
  readonly progress: IndexProgress;
}

/** What is left to be done when it is decided what becomes of the document. */
interface Ending {
  readonly at: 'ending';
  /** To be written first: what is left over can wait for as long as the store is away. */
  readonly letter?: DocumentLetter;
  readonly settling?: Parameters<SettleDocument>[0];
  readonly output: EmbeddingsOutput;
}

export function* embeddingsStory(steps: Steps, given: EmbeddingsInput | GoesOn): Step<EmbeddingsOutput> {
  if (isGoingOn(given)) {
    const { goesOn } = given;
    return goesOn.at === 'ending' ? yield* end(goesOn) : yield* ingest(goesOn.input, goesOn.beganAtMs, goesOn);
  }
  const parsed = parseEmbeddingsInput(given);
  if (parsed.kind === 'input') return yield* ingest(parsed.input, steps.now());
  const failed: Failure = { code: 'INGESTION_INPUT_INVALID', error: parsed.reason, attempts: 1 };
  const letter = { ...letterOf({ projectId: '', name: '' }, failed), original: given };
  return yield* end({ at: 'ending', letter, output: { outcome: 'failed' } });

  function* ingest(input: EmbeddingsInput, beganAtMs: number, before?: Indexing): Step<EmbeddingsOutput> {
    const run = { instanceId: steps.instanceId, beganAtMs };
    /** Chunks of this version may have been written. */
    let begun = before?.plan;
    const decided = yield* decide();
    return 'goesOn' in decided ? steps.anew(decided) : yield* end(decided);

    function* decide(): Step<Ending | GoesOn> {
      try {
        return yield* decideUnlessFails();
      } catch (error) {
        return givenUp({ code: 'INGESTION_FAILED', attempts: RETRY.maxAttempts, ...stepFailure(error) });
      }
    }

    function* decideUnlessFails(): Step<Ending | GoesOn> {
      let progress = before?.progress;
      let indexed = false;
      for (let round = 1; round <= MOST_ROUNDS; round++) {
        const planned =
          before && round === 1
            ? ({ kind: 'plan', plan: before.plan } as const)
            : yield* steps.run<PlanDocument>('plan-document', { run, input }, RETRY);
        if (planned.kind === 'duplicate') return settled('duplicate', begun?.record.version);
        if (planned.kind === 'lost') return givenUp(lost());
        if (planned.kind === 'mixed') return givenUp(mixed(planned.holds));

        const { standing } = planned.kind === 'plan' ? planned.plan : planned;
        if (planned.kind === 'plan') {
          const { plan } = planned;
          if (begun?.record.version !== plan.record.version) indexed = false;
          begun = plan;
          const result = indexed ? ({ kind: 'indexed' } as const) : yield* indexBatches(steps, plan, progress);
          if (result.kind === 'long')
            return { goesOn: { at: 'indexing', input, beganAtMs, plan: result.plan, progress: result.progress } };
          if (result.kind === 'failed') return givenUp(result);
          if (result.kind === 'superseded') return settled('superseded', plan.record.version);
          indexed = true;
          progress = undefined;
        }
        const { record } = planned.kind === 'plan' ? planned.plan : planned;
        const replacing = { record, ...(standing ? { standing } : {}) };
        const replaced = yield* steps.run<ReplaceDocument>('replace-document', replacing, RETRY);
        if (replaced.kind === 'superseded') return settled('superseded', begun?.record.version);
        if (replaced.kind === 'replaced') {
          if (planned.kind === 'unchanged') return settled('unchanged', begun?.record.version);
          return settled('ingested', standing?.version);
        }
      }
      throw new Error(`The document was replaced by others under each of ${MOST_ROUNDS} tries.`);
    }

    function settled(outcome: DocumentOutcome, leftOver: string | undefined): Ending {
      const { projectId, name, source, uploadedBy, takenAtMs, stored } = input;
      const ingested =
        outcome === 'ingested' && begun ? { chunks: begun.record.chunks, tokens: begun.record.tokens } : {};
      const described = {
        ...(source ? { source } : {}),
        ...(uploadedBy === undefined ? {} : { uploadedBy }),
        ...(takenAtMs === undefined ? {} : { takenAtMs }),
        ...ingested,
      };
      const working = stored ? [stored.blob, planBlobOf(stored.blob)] : [];
      const left = leftOver !== undefined && begun ? { leftOver: { key: begun.key, version: leftOver } } : {};
      const settling = { outcome, instanceId: steps.instanceId, projectId, name, working, ...left, ...described };
      const documentId = begun?.key.documentId;
      const output = { outcome, ...(documentId === undefined ? {} : { documentId }), ...ingested };
      return { at: 'ending', settling, output };
    }

    function givenUp(failed: Failure): Ending {
      // A blob is read again; a text that came alone is all there is.
      const original = input.source ? {} : { original: input };
      return { ...settled('failed', begun?.record.version), letter: { ...letterOf(input, failed), ...original } };
    }
  }

  function letterOf(
    { projectId, name, source, uploadedBy }: Pick<EmbeddingsInput, 'projectId' | 'name' | 'source' | 'uploadedBy'>,
    failed: Failure,
  ): DocumentLetter {
    return {
      ...{ instanceId: steps.instanceId, atMs: steps.now(), projectId, name },
      ...(source ? { source } : {}),
      ...(uploadedBy === undefined ? {} : { uploadedBy }),
      ...{ code: failed.code, error: failed.error, attempts: failed.attempts },
      ...(failed.stack === undefined ? {} : { stack: failed.stack }),
    };
  }

  function* end({ letter, ...ending }: Ending): Step<EmbeddingsOutput> {
    if (letter && !(yield* insist<BuryDocument>(steps, 'bury-document', letter)).done)
      return steps.anew({ goesOn: { ...ending, letter } } satisfies GoesOn);
    const { settling, output } = ending;
    if (settling && !(yield* insist<SettleDocument>(steps, 'settle-document', settling)).done)
      return steps.anew({ goesOn: ending } satisfies GoesOn);
    return output;
  }
}

function isGoingOn(given: unknown): given is GoesOn {
  return typeof given === 'object' && given !== null && 'goesOn' in given;
}

export const embeddings = orchestrator(embeddingsStory);
