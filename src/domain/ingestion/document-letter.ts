import type { ErrorCode } from '../error-codes';
import type { DocumentSource } from './document';

/** What a dead letter of text ingestion is made of. */
export interface DocumentLetter {
  /** Of the orchestration, or what else tells this piece of work from others. */
  readonly instanceId: string;
  readonly atMs: number;
  readonly code: ErrorCode;
  readonly error: string;
  readonly stack?: string;
  readonly attempts: number;
  readonly projectId: string;
  readonly name: string;
  /** Absent for a text that came without a blob: then `original` is what it came as. */
  readonly source?: DocumentSource;
  readonly original?: unknown;
  readonly uploadedBy?: string;
  /** Where its blob is held in quarantine: a replay puts it back. */
  readonly quarantine?: string;
  /** More keys of the letter. */
  readonly keys?: Readonly<Record<string, string>>;
  /** False: another try could not end otherwise. @default true */
  readonly replayable?: boolean;
}

/** Writes it; the same work given up again for the same reason at the same time is one letter. */
export type BuryDocument = (letter: DocumentLetter) => Promise<{ readonly deadLetterId: string }>;
