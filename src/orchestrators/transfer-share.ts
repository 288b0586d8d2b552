/**
 * One transfer of the share pipeline: a large claimed file, or many small ones, from `.processing` to proven blobs (N3). The
 * activity does it all on one machine; a file that failed often enough becomes a dead letter. What failed before that waits
 * out its back-off as a file in `.processing`, not as an orchestration, and comes again with another one.
 */
import type { BuryShareFile } from '../activities/bury-share-file';
import type { TransferShareFiles } from '../activities/transfer-share-files';
import type { TransferInput, TransferOutcome } from '../domain/share/transfer';
import { orchestrator, type Retry, type Step, type Steps } from './durable';

export type TransferTally = Readonly<Partial<Record<TransferOutcome['kind'] | 'buried', number>>>;

export function* transferShareStory(steps: Steps, { run, files, maxAttempts }: TransferInput): Step<TransferTally> {
  const { instanceId } = steps;
  const retry: Retry = { maxAttempts: 3, firstDelayMs: 1_000 };
  const patience: Retry = { maxAttempts: 1_000, firstDelayMs: 2_000 };
  const { outcomes } = yield* steps.run<TransferShareFiles>('transfer-share-files', { instanceId, run, files }, retry);
  const tally: Partial<Record<TransferOutcome['kind'] | 'buried', number>> = {};
  for (const [i, outcome] of outcomes.entries()) {
    tally[outcome.kind] = (tally[outcome.kind] ?? 0) + 1;
    const file = files[i];
    if (outcome.kind !== 'failed' || !file) continue;
    const attempts = outcome.attempts ?? file.failures + 1;
    const enough = outcome.code === 'NAME_UNSUPPORTED' ? 1 : maxAttempts;
    // Buried once; without quarantine it is tried on, at the longest back-off.
    if (outcome.told || attempts < enough) continue;
    // The inbox could not be asked whether it was: the count of this process decides.
    if (outcome.attempts === undefined && attempts > enough) continue;
    yield* steps.run<BuryShareFile>(
      'bury-share-file',
      { path: file.path, instanceId, code: outcome.code, error: outcome.error, attempts, atMs: steps.now() },
      patience,
    );
    tally.buried = (tally.buried ?? 0) + 1;
  }
  return tally;
}

export const transferShare = orchestrator(transferShareStory);
