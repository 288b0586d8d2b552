/** What lies in the container: one record for each document and, in the same partition, the chunks of its editions. */
import type { DocumentRecord, EmbeddingModel } from '../../domain/ingestion/document';
import { titlesBefore } from '../../domain/ingestion/embedded-text';
import { orderKey } from '../../domain/ingestion/name-order';
import type { ChunkHit, DocumentKey, EmbeddedChunk } from '../../ports/document-store';

export interface RecordItem {
  readonly id: string;
  readonly projectId: string;
  readonly documentId: string;
  readonly kind: 'document';
  /** Sorts as project and name do. */
  readonly place: string;
  readonly record: DocumentRecord;
}

export interface ChunkItem {
  readonly id: string;
  readonly projectId: string;
  readonly documentId: string;
  readonly kind: 'chunk';
  /** Document and version: what a search leaves out when the record names another. */
  readonly edition: string;
  readonly version: string;
  readonly ordinal: number;
  readonly contextStart: number;
  readonly textStart: number;
  readonly textEnd: number;
  readonly headings: readonly string[];
  readonly tokens: number;
  /** Titles and text, as they are embedded: what keywords are looked for in. */
  readonly text: string;
  /** Where the chunk's own text begins in `text`. Absent where that is all of it, as it was once. */
  readonly textFrom?: number;
  readonly vector: readonly number[];
}

/** A chunk as a search gives it, with its cosine to what is asked and without its vector. */
export type FoundChunk = Omit<ChunkItem, 'id' | 'kind' | 'vector'> & { readonly similarity: number };

/** Notes which model the vectors are of; beside the documents, since no document has an id this short. */
export interface ModelItem {
  readonly id: 'model';
  readonly projectId: '$store';
  readonly documentId: 'model';
  readonly kind: 'store';
  readonly model: EmbeddingModel;
}

export const MODEL_PARTITION = ['$store', 'model'];

export function modelItem(model: EmbeddingModel): ModelItem {
  return { id: 'model', projectId: '$store', documentId: 'model', kind: 'store', model };
}

export function recordItem(record: DocumentRecord): RecordItem {
  const { projectId, documentId, name } = record;
  const place = orderKey(projectId, name, documentId);
  return { id: documentId, projectId, documentId, kind: 'document', place, record };
}

/** Four characters are not allowed in an id (https://learn.microsoft.com/rest/api/cosmos-db/documents). */
export function editionOf({ documentId }: Pick<DocumentKey, 'documentId'>, version: string): string {
  return `${documentId}.${encodeURIComponent(version)}`;
}

export function chunkItem({ projectId, documentId }: DocumentKey, version: string, chunk: EmbeddedChunk): ChunkItem {
  const edition = editionOf({ documentId }, version);
  const { ordinal, contextStart, start, end, headings, tokens, text, vector } = chunk;
  const titles = titlesBefore(chunk);
  return {
    id: `${edition}.${ordinal}`,
    projectId,
    documentId,
    kind: 'chunk',
    edition,
    version,
    ordinal,
    contextStart,
    textStart: start,
    textEnd: end,
    headings,
    tokens,
    text: titles + text,
    textFrom: titles.length,
    vector: Array.from(vector, shortest),
  };
}

export function hitOf(
  found: FoundChunk,
  { projectId, documentId, name, version }: DocumentRecord,
  score: number,
): ChunkHit {
  const { ordinal, contextStart, textStart: start, textEnd: end, headings, tokens, text, textFrom, similarity } = found;
  return {
    document: { projectId, documentId, name, version },
    chunk: { ordinal, contextStart, start, end, headings, tokens, text: text.slice(textFrom ?? 0) },
    score,
    similarity,
  };
}

/** The fewest digits that are the same float of four bytes: half of what a float of eight bytes takes in JSON. */
function shortest(value: number): number {
  for (const digits of [7, 8]) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return Number(value.toPrecision(9));
}
