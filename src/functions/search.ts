import { app } from '@azure/functions';
import type { App } from '../composition';
import { parseSearchQuery } from '../domain/ingestion/search-query';
import { problem } from '../domain/problem';
import { endpoint, problemResponse } from '../http/endpoint';
import type { ChunkHit } from '../ports/document-store';

/** `GET /v1/search?q=&projectId=&k=`: the passages that fit best by meaning and by keywords, best first (T3). */
export function registerSearch({ logger, ingestion }: App): void {
  app.http('search', {
    route: 'v1/search',
    methods: ['GET'],
    authLevel: 'function',
    handler: endpoint({ logger }, 'GET /v1/search', async (request) => {
      const parsed = parseSearchQuery(request.query);
      if (parsed.kind === 'rejected') return problemResponse(problem('PARAMETER_INVALID', parsed.detail));
      const found = await ingestion.search(parsed.query);
      switch (found.kind) {
        case 'found': {
          const body = JSON.stringify({ query: parsed.query.text, hits: found.hits.map(shown) });
          return { headers: { 'content-type': 'application/json' }, body };
        }
        case 'refused':
          return problemResponse(problem('PARAMETER_INVALID', `The embedding service refuses q: ${found.reason}`));
        case 'mixed': {
          const { name, dimensions } = found.holds;
          const detail = `The index holds vectors of ${name} with ${dimensions} dimensions. Set that embedder, or make the index anew: npm run reindex.`;
          return problemResponse(problem('INDEX_MODEL_MIXED', detail));
        }
        case 'unavailable':
          return problemResponse(
            problem('EMBEDDER_UNAVAILABLE', found.reason),
            Math.max(1, Math.ceil(found.retryAfterMs / 1000)),
          );
      }
    }),
  });
}

/** Offsets are of the document's text; `snippet` is what stands there. */
function shown({ score, similarity, document, chunk }: ChunkHit) {
  const { projectId, documentId, name } = document;
  const { ordinal, headings, contextStart, start, end, text } = chunk;
  const offsets = { start, end };
  return {
    score,
    similarity,
    projectId,
    documentId,
    name,
    ordinal,
    headings,
    ...offsets,
    snippet: text.slice(start - contextStart),
  };
}
