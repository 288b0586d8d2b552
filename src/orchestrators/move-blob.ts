/** One version of one blob, from `incoming` to a verified copy in `processed` (B3). Runs again harmlessly. */
import type { BuryBlobEvent } from '../activities/bury-blob-event';
import type { MoveBlob, MoveStage } from '../activities/move-blob';
import type { GivenUp } from '../domain/blob-events/given-up';
import type { MoveBlobInput, MoveOutput } from '../domain/blob-events/move-blob';
import { INCOMING_CONTAINER } from '../domain/blob-events/blob-event';
import { stepFailure } from '../domain/step-failure';
import { orchestrator, type Retry, type Step, type Steps } from './durable';

/** Retries at 1, 2 and 4 s. */
const RETRY: Retry = { maxAttempts: 4, firstDelayMs: 1_000 };
/** The dead letter is the last resort: keep trying for as long as storage may be away. */
const PATIENCE: Retry = { maxAttempts: 1_000, firstDelayMs: 2_000 };
/** Azure ends a copy that it could not finish within two weeks. */
const LONGEST_COPY_MS = 15 * 24 * 60 * 60 * 1000;

export function* moveBlobStory(steps: Steps, { move, etag, message, text }: MoveBlobInput): Step<MoveOutput> {
  const began = steps.now();
  let stage: MoveStage | undefined;
  let mismatches = 0;
  try {
    for (;;) {
      const input = { move, ...(etag === undefined ? {} : { etag }), ...(stage === undefined ? {} : { stage }) };
      const result = yield* steps.run<MoveBlob>('move-blob', input, RETRY);
      switch (result.kind) {
        case 'moved':
        case 'superseded':
        case 'vanished':
          return { outcome: result.kind };
        case 'unknown':
          return yield* bury(
            'BLOB_UNKNOWN',
            `There is no blob ${INCOMING_CONTAINER}/${move.name}, and none was moved.`,
            1,
          );
        case 'mismatch':
          mismatches += 1;
          if (mismatches >= RETRY.maxAttempts) return yield* bury('VERIFY_FAILED', result.reason, mismatches);
          stage = undefined;
          yield* steps.sleep(RETRY.firstDelayMs * 2 ** (mismatches - 1));
          break;
        case 'unfinished':
          stage = result.stage;
          if (stage.kind === 'copying') yield* untilNextLook();
          break;
      }
    }
  } catch (error) {
    const { error: reason, stack } = stepFailure(error);
    return yield* bury('MOVE_FAILED', reason, RETRY.maxAttempts, stack);
  }

  /** A tenth of the time it took so far, 1 s to 1 h, so that the history stays short. */
  function* untilNextLook(): Step<void> {
    const waited = steps.now() - began;
    if (waited > LONGEST_COPY_MS)
      throw new Error('The copy was still pending after 15 days; storage ends its own after 14.');
    yield* steps.sleep(Math.min(Math.max(waited / 10, 1_000), 60 * 60 * 1000));
  }

  function* bury(code: GivenUp['code'], error: string, attempts: number, stack?: string): Step<MoveOutput> {
    const letter: GivenUp = {
      ...{ unique: steps.instanceId, atMs: steps.now(), code, error, attempts, message, text },
      keys: { blob: `${INCOMING_CONTAINER}/${move.name}`, messageId: move.id, instanceId: steps.instanceId },
      ...(stack === undefined ? {} : { stack }),
      ...(etag === undefined ? {} : { version: { name: move.name, etag } }),
    };
    yield* steps.run<BuryBlobEvent>('bury-blob-event', letter, PATIENCE);
    return { outcome: 'failed' };
  }
}

export const moveBlob = orchestrator(moveBlobStory);
