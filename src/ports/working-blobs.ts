/** Blobs that a run of ingestion keeps for its own steps, since histories and messages hold little. Nobody else writes them. */
export interface WorkingBlobs {
  /** Writes the whole blob, over what stands there. */
  put(name: string, bytes: Uint8Array): Promise<void>;
  /** All of it, or bytes `from` to `from + length`; undefined where it is not there. */
  read(name: string, part?: { readonly from: number; readonly length: number }): Promise<Uint8Array | undefined>;
  /** Whether it was there or not. */
  remove(name: string): Promise<void>;
  /** Those whose names begin so, in the order of their names, page by page. */
  list(prefix: string): AsyncIterable<readonly WorkingBlob[]>;
  /** Removes it if nobody wrote or removed it since; whether it did. */
  removeVersion(blob: WorkingBlob): Promise<boolean>;
}

/** One version of a working blob. */
export interface WorkingBlob {
  readonly name: string;
  /** Quoted. */
  readonly etag: string;
  /** Milliseconds since the epoch, by storage's clock, to the second. */
  readonly writtenAtMs: number;
}
