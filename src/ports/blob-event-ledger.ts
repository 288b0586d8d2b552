import type { LedgerRow } from '../domain/blob-events/publication';

/** One version that is about to be published. */
export interface LedgerClaim {
  /** Of the blob's name. */
  readonly key: string;
  readonly version: string;
  /** The row as it was read; undefined where there was none. */
  readonly replaces: LedgerRow | undefined;
  readonly traceparent?: string;
}

export interface ClaimedVersion extends LedgerClaim {
  /** As `claim` gave it. */
  readonly token: string;
}

/** By which key the rows of a stretch of the listing are found: after the first, up to and including the second. */
export interface KeyRange {
  /** Absent: from the beginning. */
  readonly after?: string | undefined;
  /** Absent: to the end. */
  readonly upTo?: string | undefined;
}

/**
 * Which version of each blob in `incoming` was published, and when it may be again. Losing a row costs a message that says the
 * same as the one before, nothing else.
 */
export interface BlobEventLedger {
  /** Rows of a range, page by page, in the order of their keys. */
  rows(range: KeyRange): AsyncIterable<readonly LedgerRow[]>;
  /**
   * Takes versions for publishing: nobody else gets them before `dueMs`. In the order of the claims, what each row is known by
   * from then on; undefined for one that somebody else took since the row was read.
   */
  claim(claims: readonly LedgerClaim[], dueMs: number, nowMs: number): Promise<readonly (string | undefined)[]>;
  /** Notes that they were published, but where the row was changed since the claim: by a dead letter, or by a newer version. */
  note(claims: readonly ClaimedVersion[], dueMs: number, nowMs: number): Promise<void>;
  /** Forgets rows whose blobs are gone. */
  remove(rows: readonly LedgerRow[]): Promise<void>;
  /** This version is published no more by itself. Does nothing where another version, or none, is known. */
  rest(key: string, version: string, nowMs: number): Promise<void>;
}
