import type { Chunk } from '../domain/ingestion/chunk';
import type { DocumentRecord, EmbeddingModel } from '../domain/ingestion/document';

/**
 * Documents, their chunks and the chunks' vectors. Chunks are written under a version that nobody sees; replacing the document's
 * record makes that version the visible one, at once and for every reader. An exception means that the store could not be asked
 * and the call may be tried again; every call may be repeated.
 */
export interface DocumentStore {
  /**
   * Makes what is missing and notes the model; asked again with the same model, answers from memory, so that every use may begin
   * with it. A store that holds vectors of another model refuses: `mixed`, with the model it holds.
   */
  prepare(model: EmbeddingModel): Promise<{ kind: 'ready' } | { kind: 'mixed'; holds: EmbeddingModel }>;

  find(key: DocumentKey): Promise<StandingDocument | undefined>;
  /**
   * By project, then by name, in the order of their code units (`domain/ingestion/name-order`), `limit` at most; `after`: the
   * `next` of the page before. What is added or removed between two pages may or may not be seen; nothing else is missed or
   * seen twice.
   */
  list(projectId: string | undefined, limit: number, after?: string): Promise<DocumentPage>;

  /** Writes chunks under a version, over those with the same ordinal. Not atomic across chunks; repeat it after a failure. */
  putChunks(key: DocumentKey, version: string, chunks: readonly EmbeddedChunk[]): Promise<void>;
  /** Replaces the record if it is still the one expected. `changed`: it is not, and nothing was written. */
  replace(record: DocumentRecord, expected: Expected): Promise<'replaced' | 'changed'>;
  /** Removes the record if it is still the one expected, so that its chunks are seen no more; its chunks are removed next. */
  remove(key: DocumentKey, expected: string): Promise<'removed' | 'changed'>;
  /** Removes the chunks of one version, whatever the record says. Answers how many there were. */
  removeChunks(key: DocumentKey, version: string): Promise<number>;

  /**
   * The chunks of visible versions that fit best, best first: by meaning (the nearest vectors) and by keywords (the words of titles and
   * text), fused by `domain/ingestion/fuse-rankings`; all projects where none is named. Whatever stands in `text`, it is words to look
   * for. A document is seen in one version within one answer.
   */
  search(query: ChunkQuery): Promise<readonly ChunkHit[]>;
  /** `chunks`: all that are stored, those of versions that nobody sees included. */
  count(): Promise<{ readonly documents: number; readonly chunks: number }>;
  close(): Promise<void>;
}

export interface DocumentKey {
  readonly projectId: string;
  readonly documentId: string;
}

/** `tag`: changes with each replacement. */
export interface StandingDocument {
  readonly record: DocumentRecord;
  readonly tag: string;
}

export type Expected = { readonly tag: string } | 'nothing';

export interface DocumentPage {
  readonly documents: readonly StandingDocument[];
  /** Opaque; undefined on the last page. */
  readonly next?: string;
}

export interface EmbeddedChunk extends Chunk {
  /** `contextStart` to `end` of the document's text. */
  readonly text: string;
  /** Of unit length. */
  readonly vector: Float32Array;
}

export interface ChunkQuery {
  readonly projectId?: string;
  /** What is asked, as it was typed. Without a word in it, the nearest are all there is. */
  readonly text: string;
  /** Of the same, of unit length. */
  readonly vector: Float32Array;
  /** 1 to 100. */
  readonly k: number;
}

export interface ChunkHit {
  readonly document: Pick<DocumentRecord, 'projectId' | 'documentId' | 'name' | 'version'>;
  readonly chunk: Omit<EmbeddedChunk, 'vector'>;
  /** By which hits are in order, above 0: 1 for what is first by meaning and by keywords. Says nothing across two answers. */
  readonly score: number;
  /** Cosine similarity, -1 to 1. */
  readonly similarity: number;
}
