/** The work of one orchestration of the share pipeline, and how it can end. */
import type { ErrorCode } from '../error-codes';

export const TRANSFER_SHARE = 'transfer_share_files';

export interface TransferFile {
  /** Below the processing root: `<date>/<session>/<file>`. */
  readonly path: string;
  /** Bytes when it was claimed; only a hint. */
  readonly size: number;
  /** Tries before this one. */
  readonly failures: number;
  /** Times in a row that it waited for storage, the share or the machine; absent: none. */
  readonly waits?: number;
  /** The share hung with it: it goes by itself. */
  readonly alone?: boolean;
}

export interface TransferInput {
  /** Owner of the claims in the inbox; the same on every run of this instance, and nobody else's. */
  readonly run: string;
  readonly files: readonly TransferFile[];
  /** Tries after which a file becomes a dead letter. */
  readonly maxAttempts: number;
}

export type TransferOutcome =
  | { readonly kind: 'done'; readonly blob: string; readonly bytes: number; readonly md5: string }
  /** Nothing stands at the claimed path any more: an earlier run finished it. */
  | { readonly kind: 'gone' }
  /** It changed while it was copied and is back in the incoming folder. */
  | { readonly kind: 'returned' }
  /** Another run has it; milliseconds since the epoch. */
  | { readonly kind: 'held'; readonly until: number }
  /** It stays claimed, untouched, and nothing is wrong with it: storage, the share or this machine failed. No try of it. */
  | {
      readonly kind: 'postponed';
      readonly code: TransferErrorCode;
      readonly error: string;
      /** It met the trouble itself; otherwise another file of its transfer did, and it was left at once. */
      readonly tried: boolean;
      /** The share did not answer while it was copied. */
      readonly hung?: boolean;
    }
  /** It stays claimed, untouched. */
  | {
      readonly kind: 'failed';
      readonly code: TransferErrorCode;
      readonly error: string;
      /** Tries that failed, this one with them, as the inbox counts them; absent where it could not be asked. */
      readonly attempts?: number;
      /** There is a dead letter of it. */
      readonly told?: boolean;
    };

export type TransferErrorCode = Extract<
  ErrorCode,
  'SHARE_FAILED' | 'STAGING_FAILED' | 'UPLOAD_FAILED' | 'VERIFY_FAILED' | 'NAME_UNSUPPORTED' | 'SOURCE_CHANGING'
>;

/** By file, in the order of the input. */
export interface TransferResult {
  readonly outcomes: readonly TransferOutcome[];
}

/** The group of the inbox that holds them. */
export const SHARE_INBOX = 'nfs';

/** The inbox key of a claimed file. */
export function shareInboxKey(path: string): string {
  return `nfs\n${path}`;
}
