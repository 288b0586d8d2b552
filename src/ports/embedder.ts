import type { EmbeddingModel } from '../domain/ingestion/document';

/**
 * Turns texts into vectors. What a caller can expect is a result; an exception means that the service could not be asked, or
 * answered with a fault of its own, and the call may be tried again.
 */
export interface Embedder {
  readonly model: EmbeddingModel;
  /** The most that one call takes. */
  readonly limits: { readonly texts: number; readonly tokens: number };
  /** One vector for each text, in their order. Rejects when `signal` aborts. */
  embed(texts: readonly string[], signal?: AbortSignal): Promise<EmbedResult>;
  /** Gives back threads and connections. Calls under way may reject. */
  close(): Promise<void>;
}

export type EmbedResult =
  /** Vectors of unit length; `tokens`: what the service counted, for the bill. */
  | { readonly kind: 'embedded'; readonly vectors: readonly Float32Array[]; readonly tokens: number }
  /** The service is alive and asks to wait (429, or 503 with `Retry-After`). */
  | { readonly kind: 'busy'; readonly retryAfterMs: number }
  /** These texts will never be taken (a content filter, too long); `index`: the one it is about, where the service says so. */
  | { readonly kind: 'refused'; readonly reason: string; readonly index?: number };
