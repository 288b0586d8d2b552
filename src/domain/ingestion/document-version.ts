import { sha256Base64Url } from '../digest';
import type { DocumentRecord, DocumentSource, EmbeddingModel } from './document';

/** What decides which chunks a document has: the same text, cut and embedded alike, needs no second run. */
export interface Content {
  readonly contentHash: string;
  readonly chunking: string;
  readonly model: EmbeddingModel;
}

/** One run of an orchestration; an instance that ended may run again. */
export interface Run {
  readonly instanceId: string;
  /** Milliseconds since the epoch. */
  readonly beganAtMs: number;
}

/** 22 characters. Of the run, too: two runs that overtake each other never write or remove each other's chunks. */
export function documentVersion({ instanceId, beganAtMs }: Run, { contentHash, chunking, model }: Content): string {
  const key = [instanceId, String(beganAtMs), contentHash, chunking, model.name, String(model.dimensions)].join('\n');
  return sha256Base64Url(key).slice(0, 22);
}

export function hasSameContent(record: DocumentRecord, { contentHash, chunking, model }: Content): boolean {
  return record.contentHash === contentHash && isCutAlike(record, { chunking, model });
}

/** Whether this very version of the blob is what the record was made of, as it would be made now. */
export function isIngested(
  record: DocumentRecord,
  source: DocumentSource,
  made: Pick<Content, 'chunking' | 'model'>,
): boolean {
  const { source: standing } = record;
  return (
    standing?.container === source.container &&
    standing.blob === source.blob &&
    bare(standing.etag) === bare(source.etag) &&
    isCutAlike(record, made)
  );
}

function isCutAlike(record: DocumentRecord, { chunking, model }: Pick<Content, 'chunking' | 'model'>): boolean {
  const { name, dimensions } = record.model;
  return record.chunking === chunking && name === model.name && dimensions === model.dimensions;
}

function bare(etag: string): string {
  return etag.replaceAll('"', '');
}
