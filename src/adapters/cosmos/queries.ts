/** The queries that the store sends, as text and parameters. */
import type { SqlParameter, SqlQuerySpec } from '@azure/cosmos';
import { orderKeyPrefix } from '../../domain/ingestion/name-order';

const CHUNK_FIELDS = [
  'projectId',
  'documentId',
  'edition',
  'version',
  'ordinal',
  'contextStart',
  'textStart',
  'textEnd',
  'headings',
  'tokens',
  'text',
  'textFrom',
];
const DISTANCE = 'VectorDistance(c.vector, @vector)';

/** Which chunks a search looks at. */
export interface SearchedChunks {
  readonly projectId: string | undefined;
  /** Editions that are known not to be seen. */
  readonly hidden: readonly string[];
}

/** The nearest chunks, best first (`VectorDistance` of a cosine policy is the similarity). */
export function nearestQuery(vector: Float32Array, most: number, searched: SearchedChunks): SqlQuerySpec {
  return searchQuery(vector, most, searched, [], DISTANCE);
}

/**
 * The chunks in which the words weigh most by BM25, best first, and none without any of them
 * (https://learn.microsoft.com/azure/cosmos-db/gen-ai/full-text-search). The service finds other forms of a word by itself.
 */
export function keywordQuery(
  vector: Float32Array,
  words: readonly string[],
  most: number,
  searched: SearchedChunks,
): SqlQuerySpec {
  const parameters = words.map((value, i) => ({ name: `@word${i}`, value }));
  const asked = `c.text, ${parameters.map(({ name }) => name).join(', ')}`;
  const spec = searchQuery(vector, most, searched, [`FullTextContainsAny(${asked})`], `RANK FullTextScore(${asked})`);
  return { ...spec, parameters: [...(spec.parameters ?? []), ...parameters] };
}

function searchQuery(
  vector: Float32Array,
  most: number,
  { projectId, hidden }: SearchedChunks,
  more: readonly string[],
  order: string,
): SqlQuerySpec {
  const conditions = ["c.kind = 'chunk'"];
  const parameters: SqlParameter[] = [{ name: '@vector', value: [...vector] }];
  if (projectId !== undefined) {
    conditions.push('c.projectId = @projectId');
    parameters.push({ name: '@projectId', value: projectId });
  }
  if (hidden.length > 0) {
    conditions.push('NOT ARRAY_CONTAINS(@hidden, c.edition)');
    parameters.push({ name: '@hidden', value: [...hidden] });
  }
  const fields = CHUNK_FIELDS.map((field) => `c.${field}`).join(', ');
  return {
    query: `SELECT TOP ${most} ${fields}, ${DISTANCE} AS similarity FROM c WHERE ${[...conditions, ...more].join(' AND ')} ORDER BY ${order}`,
    parameters,
  };
}

/** Records from a place on, in their order; `most` of them. */
export function listQuery(projectId: string | undefined, most: number, after: string | undefined): SqlQuerySpec {
  const conditions = ["c.kind = 'document'"];
  const parameters: SqlParameter[] = [];
  if (projectId !== undefined) {
    conditions.push('c.projectId = @projectId');
    parameters.push({ name: '@projectId', value: projectId });
  }
  conditions.push('c.place > @after');
  parameters.push({ name: '@after', value: after ?? (projectId === undefined ? '' : orderKeyPrefix(projectId)) });
  return {
    query: `SELECT TOP ${most} c.record, c.place, c._etag FROM c WHERE ${conditions.join(' AND ')} ORDER BY c.place`,
    parameters,
  };
}

export function chunkIdsQuery(edition: string): SqlQuerySpec {
  return {
    query: "SELECT VALUE c.id FROM c WHERE c.kind = 'chunk' AND c.edition = @edition",
    parameters: [{ name: '@edition', value: edition }],
  };
}

export function countQuery(kind: 'document' | 'chunk'): SqlQuerySpec {
  return { query: 'SELECT VALUE COUNT(1) FROM c WHERE c.kind = @kind', parameters: [{ name: '@kind', value: kind }] };
}
