/** The blob version that a document's text came from. */
export interface DocumentSource {
  readonly container: string;
  readonly blob: string;
  /** Quoted, as HTTP has it. */
  readonly etag: string;
}

/** Vectors of one model at one size can be compared with each other, and with no others. */
export interface EmbeddingModel {
  readonly name: string;
  readonly dimensions: number;
}

/** What is known of a document that can be searched. Replacing it is what makes another version of its chunks the visible one. */
export interface DocumentRecord {
  readonly projectId: string;
  /** 22 characters, of project, container and name; the same for every version. */
  readonly documentId: string;
  readonly name: string;
  /** Search sees the chunks stored under this one. Never used for two runs of ingestion with different chunks. */
  readonly version: string;
  /** SHA-256 of the text as UTF-8, lower-case hexadecimal. */
  readonly contentHash: string;
  /** How it was cut: a change of these settings makes unchanged text be cut again. */
  readonly chunking: string;
  readonly model: EmbeddingModel;
  readonly chunks: number;
  readonly tokens: number;
  /** UTF-16 code units. */
  readonly characters: number;
  readonly source?: DocumentSource;
  readonly uploadedBy?: string;
  /** ISO 8601, UTC. */
  readonly ingestedAt: string;
}
