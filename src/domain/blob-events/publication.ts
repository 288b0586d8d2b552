import type { ListedBlob } from './segments';

/** What the ledger knows of a blob. */
export interface LedgerRow {
  /** {@link ledgerKey} of the blob's name. */
  readonly key: string;
  /** Bare ETag of the version that was published last, or is about to be. */
  readonly version: string;
  /** When it may be published again: milliseconds since the epoch, {@link NEVER} for a dead letter. */
  readonly dueMs: number;
  /** When the row was written, milliseconds since the epoch. */
  readonly notedMs: number;
  /** Of the span that published it. */
  readonly traceparent?: string;
  /** Changes whenever the row does. */
  readonly token: string;
}

/** Sorts as text behind every time. */
export const NEVER = 9_999_999_999_999;

export type Publication =
  | { readonly kind: 'publish'; readonly replaces: LedgerRow | undefined }
  /** `dueMs`: when to look again. */
  | { readonly kind: 'leave'; readonly dueMs: number };

/**
 * Whether a listed blob is to be published. A row that was written after the scan began may know a newer version than the
 * listing does.
 */
export function decidePublication(
  blob: ListedBlob,
  row: LedgerRow | undefined,
  nowMs: number,
  scanBeganMs: number,
): Publication {
  if (!row) return { kind: 'publish', replaces: undefined };
  if (row.version !== blob.etag)
    return row.notedMs < scanBeganMs ? { kind: 'publish', replaces: row } : { kind: 'leave', dueMs: row.notedMs };
  return row.dueMs <= nowMs ? { kind: 'publish', replaces: row } : { kind: 'leave', dueMs: row.dueMs };
}

/** Whether the row's blob, which the listing does not have, can be taken for gone: it was there before the scan began. */
export function isLeftOver(row: LedgerRow, scanBeganMs: number): boolean {
  return row.notedMs < scanBeganMs;
}
