/**
 * Removes working texts that no run will ever remove: of a start that was never made, or of a run that somebody ended by force.
 * Invariants: nothing is removed 1. that was written within the last hour, which is longer than a function may take between writing
 * a text and starting its run; 2. whose run was started and has not ended; 3. that was written again since it was looked at. Runs of
 * other containers, which may belong to other apps, are not looked at.
 */
import { runOfWorkingBlob, textBlobsOf } from '../../domain/ingestion/embeddings-input';
import type { Clock } from '../../ports/clock';
import type { Orchestrations } from '../../ports/orchestrations';
import type { WorkingBlob, WorkingBlobs } from '../../ports/working-blobs';

export type SweepWorkingTexts = (orchestrations: Pick<Orchestrations, 'look'>) => Promise<SweepReport>;

export interface SweepReport {
  /** Runs that were asked about. */
  readonly looked: number;
  /** Blobs. */
  readonly removed: number;
}

/** host.json lets a function run for half of this. */
const YOUNG_MS = 60 * 60_000;
/** Runs that one sweep asks about at most; the next one goes on behind them. */
const MOST_LOOKS = 500;

export function createSweepWorkingTexts(
  { working, clock }: { readonly working: Pick<WorkingBlobs, 'list' | 'removeVersion'>; readonly clock: Clock },
  { container, mostLooks = MOST_LOOKS }: { readonly container: string; readonly mostLooks?: number },
): SweepWorkingTexts {
  /** Name of the last blob that was looked at, where the sweep before did not come to the end. */
  let after: string | undefined;

  return async (orchestrations) => {
    const report = { looked: 0, removed: 0 };
    const old = clock.now() - YOUNG_MS;
    let last: { readonly run: string; readonly isOver: boolean } | undefined;
    for await (const blob of all()) {
      const run = runOfWorkingBlob(container, blob.name);
      if (run === undefined || blob.writtenAtMs > old || (after !== undefined && blob.name <= after)) continue;
      if (last?.run !== run) {
        if (report.looked === mostLooks) return report;
        report.looked++;
        last = { run, isOver: (await orchestrations.look(run)).kind !== 'running' };
      }
      if (last.isOver && (await working.removeVersion(blob))) report.removed++;
      after = blob.name;
    }
    after = undefined;
    return report;
  };

  async function* all(): AsyncGenerator<WorkingBlob> {
    for await (const page of working.list(textBlobsOf(container))) yield* page;
  }
}
