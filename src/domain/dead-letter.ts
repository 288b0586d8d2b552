import type { ErrorCode } from './error-codes';

export const pipelines = ['media', 'blob-events', 'nfs', 'ingestion', 'orders'] as const;
export type Pipeline = (typeof pipelines)[number];

export function isPipeline(text: string): text is Pipeline {
  return (pipelines as readonly string[]).includes(text);
}

/** Work that Sluice gave up, with all that is needed to understand it and to run it again. */
export interface DeadLetter {
  /** Sorts by time, newest first: see {@link deadLetterId}. */
  readonly id: string;
  readonly pipeline: Pipeline;
  readonly code: ErrorCode;
  /** One sentence: the cause, and the remedy where there is one. */
  readonly error: string;
  readonly stack?: string;
  readonly attempts: number;
  /** The pipeline's own keys, for example `{ blob, etag, instanceId }`. */
  readonly keys: Readonly<Record<string, string>>;
  readonly traceId?: string;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly state: 'open' | 'replayed' | 'discarded';
  readonly closedAt?: string;
  /** Id of the dead letter before of the same pipeline and message: what was replayed and failed again, or came twice. */
  readonly replayOf?: string;
}

/** A dead letter with its body: the original message, byte for byte as text. */
export interface DeadLetterWithBody extends DeadLetter {
  readonly message: string;
}

export interface DeadLetterFilter {
  readonly pipeline?: Pipeline;
  readonly code?: ErrorCode;
  readonly state?: DeadLetter['state'];
  /** ISO 8601: only those created at or after. */
  readonly since?: string;
  /** ISO 8601: only those created before. */
  readonly until?: string;
  readonly tenantId?: string;
  readonly orderId?: string;
}

/** Whether a replay of many must name the code: it lets through what a rule refused, which nobody should do unawares. */
export function isByCodeOnly(code: ErrorCode): boolean {
  return code === 'CONTENT_QUARANTINED';
}

export function isDeadLetterId(text: string): boolean {
  return /^\d{13}-.{1,200}$/.test(text);
}

const LAST_MILLISECOND = 9_999_999_999_999;

/**
 * Id that sorts newest first in ascending key order: 13 digits counting down, then `unique`. With a `unique` derived from the
 * work (not random), recording the same failure twice writes one row.
 */
export function deadLetterId(timeMs: number, unique: string): string {
  return `${String(LAST_MILLISECOND - timeMs).padStart(13, '0')}-${unique}`;
}
