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
];

/**
 * The nearest chunks, best first (`VectorDistance` of a cosine policy is the similarity), without those of editions that are
 * known not to be seen.
 */
export function nearestQuery(
  vector: Float32Array,
  most: number,
  projectId: string | undefined,
  hidden: readonly string[],
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
  const distance = 'VectorDistance(c.vector, @vector)';
  return {
    query: `SELECT TOP ${most} ${fields}, ${distance} AS score FROM c WHERE ${conditions.join(' AND ')} ORDER BY ${distance}`,
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
