/**
 * Blobs as the pipelines need them. Failures that a pipeline can expect (a blob that is gone or was overwritten) are results;
 * an exception means that storage could not be asked and the call may be tried again.
 */
export interface BlobRef {
  readonly container: string;
  readonly name: string;
}

export interface BlobFacts {
  /** Quoted, as HTTP has it. */
  readonly etag: string;
  /** Bytes. */
  readonly length: number;
  readonly contentType: string;
  /** Lower-case keys. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Of the last copy into this blob, where there was one. */
  readonly copy?: { readonly id: string; readonly status: CopyStatus };
}

export type CopyStatus = 'success' | 'pending' | 'aborted' | 'failed';

export interface BlobHash {
  /** Lower-case hexadecimal. */
  readonly sha256: string;
  /** Bytes. */
  readonly length: number;
}

/** Bytes `from` to `from + length`, or to the end where that comes first. */
export interface BytePart {
  readonly from: number;
  readonly length: number;
}

/** Condition on what stands at a place: a quoted ETag, or that nothing stands there. */
export type Standing = { readonly etag: string } | 'nothing';

export type CopyStart =
  | { readonly kind: 'started'; readonly copyId: string; readonly status: CopyStatus; readonly etag: string }
  | { readonly kind: 'source-gone' | 'source-changed' | 'destination-changed' };

/** `facts`: of the whole version, whatever part was hashed. */
export type HashResult =
  ({ readonly kind: 'hashed'; readonly facts: BlobFacts } & BlobHash) | { readonly kind: 'gone' | 'changed' };

export type ReadResult = { readonly kind: 'read'; readonly bytes: Uint8Array } | { readonly kind: 'gone' | 'changed' };

export interface CommitOptions {
  readonly contentType: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** MD5 of the whole content, 16 bytes, stored as the blob's Content-MD5. */
  readonly md5: Uint8Array;
}

/** A block blob in the making. Nothing is visible before `commit`; what is never committed disappears by itself. */
export interface BlobUpload {
  /** A block to fill, of this many bytes, in memory that threads can share. Waits while as many as may be held are on their way. */
  nextBlock(size: number): Promise<Uint8Array>;
  /** Sends a block, or the filled beginning of one, and takes it over; its memory is used again only after `busy`, too. */
  write(bytes: Uint8Array, busy?: Promise<void>): void;
  /** Waits for all blocks and makes the blob appear. Fails when a blob of that name exists already. */
  commit(options: CommitOptions): Promise<{ readonly etag: string }>;
  /** Stops what is under way. Safe to call at any time, more than once. */
  abandon(): void;
}

export interface BlobStore {
  describe(ref: BlobRef): Promise<BlobFacts | undefined>;
  beginUpload(ref: BlobRef): BlobUpload;
  /** Server-side copy of exactly the version `ifMatch` of the source, only over what is expected at the destination. */
  startCopy(
    source: BlobRef & { readonly ifMatch: string },
    destination: BlobRef & { readonly expects: Standing },
    metadata: Readonly<Record<string, string>>,
  ): Promise<CopyStart>;
  /** Changes the type that a version is served with, which makes it another version of the same bytes. */
  setContentType(
    ref: BlobRef & { readonly ifMatch: string },
    contentType: string,
  ): Promise<{ readonly kind: 'set'; readonly etag: string } | { readonly kind: 'gone' | 'changed' }>;
  /** A part of the version, held in memory; fewer bytes where it ends first. */
  read(ref: BlobRef & { readonly ifMatch: string }, part: BytePart): Promise<ReadResult>;
  /** Reads the version, or `part` of it, and hashes it, holding no more than a few blocks. Rejects when `signal` aborts. */
  hash(ref: BlobRef & { readonly ifMatch: string }, part?: BytePart, signal?: AbortSignal): Promise<HashResult>;
  /** Deletes exactly this version. Rejects where storage keeps it (a lease, snapshots, a policy). */
  remove(ref: BlobRef & { readonly ifMatch: string }): Promise<'removed' | 'gone' | 'changed'>;
}
