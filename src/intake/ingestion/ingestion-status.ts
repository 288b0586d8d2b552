import type { BreakerState } from '../../domain/circuit-breaker';
import type { EmbeddingModel } from '../../domain/ingestion/document';
import type { Breaker } from '../../ports/breaker';
import type { DocumentStore } from '../../ports/document-store';
import type { CountUnderWay } from '../../ports/orchestrations';
import { messageOf } from '../../telemetry/logger';
import { gauge } from '../../telemetry/meters';

export interface IngestionStatus {
  readonly embedder: EmbeddingModel;
  /** `off`: ENABLE_CIRCUIT_BREAKER is 0. */
  readonly breaker: {
    readonly state: BreakerState['kind'] | 'off' | 'unknown';
    readonly failures?: number;
    /** ISO 8601: when a call may be tried again. */
    readonly retryAt?: string;
  };
  /** Documents whose ingestion has begun and not ended; null where the host could not be asked. */
  readonly waiting: number | null;
  /** Null where the store could not be asked; `problem` says why. */
  readonly index: { readonly documents: number; readonly chunks: number } | null;
  readonly problem?: string;
}

/** Sets the gauge of the documents under way. */
export async function gaugeWaiting(countUnderWay: CountUnderWay | undefined): Promise<void> {
  if (countUnderWay) gauge('ingestionWaiting', await countUnderWay(INSTANCES, MOST_COUNTED));
}

/** What the ids of the pipeline's instances begin with. */
const INSTANCES = 'ingestion-';
/** Counting more than this would take longer than an answer may. */
const MOST_COUNTED = 10_000;

export function createIngestionStatus(ports: {
  readonly embedder: { readonly model: EmbeddingModel };
  readonly breaker: Breaker | undefined;
  readonly store: Pick<DocumentStore, 'prepare' | 'count'>;
}): (count: CountUnderWay | undefined) => Promise<IngestionStatus> {
  return async (countUnderWay) => {
    const { model } = ports.embedder;
    const problems: string[] = [];
    const told = <T>(work: Promise<T>): Promise<T | null> =>
      work.catch((error: unknown) => {
        problems.push(messageOf(error));
        return null;
      });
    const [state, waiting, index] = await Promise.all([
      ports.breaker ? told(ports.breaker.look()) : undefined,
      countUnderWay ? told(countUnderWay(INSTANCES, MOST_COUNTED)) : null,
      told(ports.store.prepare(model).then(() => ports.store.count())),
    ]);
    return {
      embedder: model,
      breaker: breakerOf(state),
      waiting,
      index,
      ...(problems.length > 0 ? { problem: problems.join('; ') } : {}),
    };
  };
}

function breakerOf(state: BreakerState | null | undefined): IngestionStatus['breaker'] {
  if (state === undefined) return { state: 'off' };
  if (state === null) return { state: 'unknown' };
  const { kind, failures, until } = state;
  return { state: kind, failures, ...(kind === 'closed' ? {} : { retryAt: new Date(until).toISOString() }) };
}
