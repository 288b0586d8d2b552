import type { EmbeddingModel } from '../../domain/ingestion/document';
import type { SearchQuery } from '../../domain/ingestion/search-query';
import type { ChunkHit, DocumentStore } from '../../ports/document-store';
import type { Embedder } from '../../ports/embedder';
import { messageOf } from '../../telemetry/logger';
import { record } from '../../telemetry/meters';
import { spans } from '../../telemetry/names';
import { inSpan } from '../../telemetry/tracing';

export type SearchResult =
  | { readonly kind: 'found'; readonly hits: readonly ChunkHit[] }
  | { readonly kind: 'mixed'; readonly holds: EmbeddingModel }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'unavailable'; readonly reason: string; readonly retryAfterMs: number };

export type SearchDocuments = (query: SearchQuery) => Promise<SearchResult>;

/** Longer than this nobody waits for an answer. */
const LIMIT_MS = 30_000;
const RETRY_MS = 5_000;

/** The passages that fit best, by meaning and by keywords (T3). */
export function createSearchDocuments(ports: {
  readonly embedder: Embedder;
  readonly store: Pick<DocumentStore, 'prepare' | 'search'>;
  /** Milliseconds. */
  readonly monotonic: () => number;
}): SearchDocuments {
  return ({ text, projectId, k }) =>
    inSpan(spans.search, {}, async () => {
      const began = ports.monotonic();
      const ready = await ports.store.prepare(ports.embedder.model);
      if (ready.kind === 'mixed') return ready;
      const answer = await embed(text);
      if (answer.kind === 'refused') return { kind: 'refused', reason: answer.reason };
      if (answer.kind !== 'embedded') return answer;
      const [vector] = answer.vectors;
      if (!vector) throw new Error('The embedder gave no vector for the words of a search.');
      const hits = await ports.store.search({ text, vector, k, ...(projectId === undefined ? {} : { projectId }) });
      record('searchDuration', (ports.monotonic() - began) / 1000);
      return { kind: 'found', hits };
    });

  async function embed(text: string) {
    try {
      const answer = await ports.embedder.embed([text], AbortSignal.timeout(LIMIT_MS));
      if (answer.kind !== 'busy') return answer;
      const reason = 'The embedding service asks to wait.';
      return { kind: 'unavailable', reason, retryAfterMs: answer.retryAfterMs } as const;
    } catch (error) {
      return { kind: 'unavailable', reason: messageOf(error), retryAfterMs: RETRY_MS } as const;
    }
  }
}
