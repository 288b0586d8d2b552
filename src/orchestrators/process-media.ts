/**
 * One version of one blob, from `rawfiles` to a verified copy in `processed` (M3). Runs again harmlessly: the inbox knows
 * what is done, and each step finds what an earlier run left.
 */
import type { BuryMedia } from '../activities/bury-media';
import type { CheckCopy } from '../activities/check-copy';
import type { ClaimMedia } from '../activities/claim-media';
import type { CopyMedia, CopyResult } from '../activities/copy-media';
import type { InspectMedia } from '../activities/inspect-media';
import type { SettleMedia } from '../activities/settle-media';
import type { TypeCopy } from '../activities/type-copy';
import type { VerifyMedia, VerifyResult } from '../activities/verify-media';
import type { ProcessMediaInput } from '../domain/media/process-media';
import { stepFailure } from '../domain/step-failure';
import { orchestrator, type Retry, type Step, type Steps } from './durable';

/** Azure ends a copy that it could not finish within two weeks. */
const LONGEST_COPY_MS = 15 * 24 * 60 * 60 * 1000;

/** Until the next look at a pending copy: a tenth of the time it took so far, 1 s to 1 h, so that the history stays short. */
function nextLook(waitedMs: number): number {
  return Math.min(Math.max(waitedMs / 10, 1_000), 60 * 60 * 1000);
}

export type MediaOutcome = 'processed' | 'superseded' | 'vanished' | 'failed' | 'duplicate';

export function* processMediaStory(
  steps: Steps,
  { item, message, maxAttempts }: ProcessMediaInput,
): Step<{ outcome: MediaOutcome }> {
  const retry: Retry = { maxAttempts, firstDelayMs: 2_000 };
  try {
    const claim = yield* steps.run<ClaimMedia>('claim-media', { item, instanceId: steps.instanceId }, retry);
    if (claim.kind === 'done') return { outcome: 'duplicate' };
    let contentType: string | undefined;
    if (claim.announcedSize !== undefined) {
      const input = { item, size: claim.announcedSize };
      const found = yield* steps.run<InspectMedia>('inspect-media', input, retry);
      if (found.kind === 'rejected') return yield* bury(found.code, found.reason, 1);
      if (found.kind !== 'accepted') return yield* settle({ kind: found.kind });
      contentType = found.contentType;
    }

    // A copy that is found wanting is made once more before it is given up.
    for (const again of [false, true]) {
      const copy = yield* finishedCopy(again);
      if (copy.kind === 'failed') return yield* bury('COPY_FAILED', copy.reason, 1);
      if (copy.kind !== 'copied') return yield* settle({ kind: copy.kind });
      const { etag } = yield* typedCopy(copy.etag, contentType);
      const verified = yield* verifiedCopy(etag);
      if (verified.kind !== 'mismatch') return yield* settle(verified);
      if (again) return yield* bury('VERIFY_FAILED', verified.reason, 2);
    }
    return yield* bury('VERIFY_FAILED', 'The copy was never verified.', 2);
  } catch (error) {
    const { error: reason, stack } = stepFailure(error);
    return yield* bury('COPY_FAILED', reason, maxAttempts, stack);
  }

  function* finishedCopy(again: boolean): Step<Exclude<CopyResult, { kind: 'pending' }>> {
    const began = steps.now();
    let copy = yield* steps.run<CopyMedia>('copy-media', { item, again }, retry);
    while (copy.kind === 'pending') {
      const waited = steps.now() - began;
      if (waited > LONGEST_COPY_MS)
        return { kind: 'failed', reason: 'The copy was still pending after 15 days; storage ends its own after 14.' };
      yield* steps.sleep(nextLook(waited));
      copy = yield* steps.run<CheckCopy>('check-copy', { item, copyId: copy.copyId }, retry);
    }
    return copy;
  }

  function* typedCopy(etag: string, contentType: string | undefined): Step<{ readonly etag: string }> {
    if (contentType === undefined) return { etag };
    return yield* steps.run<TypeCopy>('type-copy', { item, etag, contentType }, retry);
  }

  function* verifiedCopy(etag: string): Step<VerifyResult> {
    let verified = yield* steps.run<VerifyMedia>('verify-media', { item, etag }, retry);
    while (verified.kind === 'part')
      verified = yield* steps.run<VerifyMedia>('verify-media', { item, etag, from: verified.from }, retry);
    return verified;
  }

  function* settle(result: Parameters<SettleMedia>[0]['result']): Step<{ outcome: MediaOutcome }> {
    yield* steps.run<SettleMedia>('settle-media', { item, instanceId: steps.instanceId, result }, retry);
    return { outcome: result.kind === 'verified' ? 'processed' : result.kind };
  }

  function* bury(
    code: Parameters<BuryMedia>[0]['code'],
    error: string,
    attempts: number,
    stack?: string,
  ): Step<{ outcome: MediaOutcome }> {
    const letter = {
      item,
      instanceId: steps.instanceId,
      message,
      code,
      error,
      attempts,
      atMs: steps.now(),
    };
    // The dead letter is the last resort: keep trying for as long as storage may be away.
    const patience: Retry = { maxAttempts: 1_000, firstDelayMs: 2_000 };
    yield* steps.run<BuryMedia>('bury-media', stack === undefined ? letter : { ...letter, stack }, patience);
    return { outcome: 'failed' };
  }
}

export const processMedia = orchestrator(processMediaStory);
