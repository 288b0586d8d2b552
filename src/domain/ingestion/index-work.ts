/** What the steps of one document hand to each other, small enough for an orchestration's history. */
import type { Batch, ByteRange } from './batch-plan';
import type { DocumentRecord, EmbeddingModel } from './document';

/** A batch in the history itself, or where it lies among the run's working blobs. */
export type BatchPlace =
  | { readonly kind: 'here'; readonly batch: Batch; readonly text: string }
  | {
      readonly kind: 'stored';
      readonly plan: { readonly blob: string } & ByteRange;
      readonly text: { readonly blob: string } & ByteRange;
    };

/** The record that a plan was made over. */
export interface Standing {
  readonly tag: string;
  readonly version: string;
}

/** Chunks that are to be stored under a version. */
export interface IndexPlan {
  readonly key: { readonly projectId: string; readonly documentId: string };
  /** As it will stand, but for when. */
  readonly record: Omit<DocumentRecord, 'ingestedAt'>;
  readonly batches: readonly BatchPlace[];
  readonly standing?: Standing;
  /** What this run goes by to its end, whatever the settings become meanwhile. */
  readonly limits: { readonly width: number; readonly maxAttempts: number };
  /** Working blobs of the run. */
  readonly working: readonly string[];
}

export type PlanResult =
  | { readonly kind: 'plan'; readonly plan: IndexPlan }
  /** The same text, cut and embedded alike, is there already; `record`: with the new version of the blob. */
  | {
      readonly kind: 'unchanged';
      readonly record: Omit<DocumentRecord, 'ingestedAt'>;
      readonly standing: Standing;
    }
  /** This very version of the blob is what is there. */
  | { readonly kind: 'duplicate' }
  /** The text that the run was started with is not among the working blobs any more. */
  | { readonly kind: 'lost' }
  | MixedModels;

export interface MixedModels {
  readonly kind: 'mixed';
  readonly holds: EmbeddingModel;
}

export type IndexResult =
  | { readonly kind: 'indexed'; readonly chunks: number; readonly tokens: number }
  /** The embedding service asks to wait. */
  | { readonly kind: 'busy'; readonly retryAfterMs: number }
  /** The circuit breaker keeps calls back. */
  | { readonly kind: 'resting'; readonly retryAfterMs: number }
  /** `counts`: whether it counts as one of the document's tries; it does not while the breaker says whose fault it is. */
  | {
      readonly kind: 'unavailable';
      readonly of: 'embedder' | 'store';
      readonly reason: string;
      readonly counts: boolean;
    }
  /** The embedding service will never take this text. */
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'superseded' }
  | { readonly kind: 'lost' }
  | MixedModels;

export type ReplaceResult =
  | { readonly kind: 'replaced' }
  /** The blob is gone, or another version of it stands there. */
  | { readonly kind: 'superseded' }
  /** Another run replaced the record meanwhile; `standing`: undefined where it is gone. `same`: it has this very content. */
  | { readonly kind: 'changed'; readonly standing?: Standing; readonly same: boolean };

export type DocumentOutcome = 'ingested' | 'unchanged' | 'duplicate' | 'superseded' | 'failed';

export interface EmbeddingsOutput {
  readonly outcome: DocumentOutcome;
  readonly documentId?: string;
  readonly chunks?: number;
  readonly tokens?: number;
}
