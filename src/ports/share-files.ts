/**
 * The share as the pipeline needs it. Implementations may be hung by the share at any call: each call has a deadline, after
 * which it rejects with `ShareTimeout` and its outcome is unknown. What a single file can expect is a result.
 *
 * Paths are relative: to the incoming folder (`name`), to the processing and staging roots (`path`).
 */
import type { FileState, StabilityRules } from '../domain/share/stability';

/** A state of a claimed file; by its ctime also a change that left size and mtime alone is seen. */
export interface ClaimedState extends FileState {
  readonly ctimeNs: string;
}

export interface SweepRules extends StabilityRules {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly recursive: boolean;
  /** Most files to report. */
  readonly limit: number;
  /**
   * How old a look may be whose rest of stable files is reported first, in milliseconds: with many of them, each look costs more
   * than the files that are taken after it. A claim looks at its file again in any case.
   */
  readonly maxLookAgeMs: number;
}

export interface SweepFound {
  /** Stable ones, first names first, no more than the limit. */
  readonly files: readonly ({ readonly name: string } & FileState)[];
  /** All that are stable, and their bytes. */
  readonly stable: number;
  readonly stableBytes: number;
  /** Still changing, or too young. */
  readonly waiting: number;
  /** Not taken, by reason. */
  readonly skipped: Readonly<Record<string, number>>;
}

export interface Failed {
  readonly kind: 'failed';
  /** `ESTALE`, `ENOSPC`, … */
  readonly code: string;
  readonly error: string;
  /** What failed was the local staging folder, not the share. */
  readonly staging?: boolean;
}

export type ClaimOutcome =
  | { readonly kind: 'claimed'; readonly path: string; readonly size: number }
  /** Somebody else has it. */
  | { readonly kind: 'lost' }
  /** It is not what the sweep saw. */
  | { readonly kind: 'changed' }
  /** An earlier file of that name is still being worked on. */
  | { readonly kind: 'occupied' }
  | Failed;

export interface StagedFile {
  readonly kind: 'staged';
  readonly state: ClaimedState;
  /** Lower-case hexadecimal. */
  readonly md5: string;
  /** MD5 of each block, lower-case hexadecimal; empty when the file is one block. */
  readonly blockMd5s: readonly string[];
  /** Bytes of a block. */
  readonly blockSize: number;
}

export interface FileToStage {
  readonly path: string;
  /** Most bytes of a block. */
  readonly blockSize: number;
  /** It failed before: should the share hang on it, no other file is to wait with it. */
  readonly apart?: boolean;
}

export type StageOutcome = StagedFile | { readonly kind: 'gone' | 'changed' } | Failed;
export type RemoveOutcome = { readonly kind: 'removed' | 'gone' | 'changed' } | Failed;
/** `occupied`: something of that name stands there already. */
export type MoveOutcome = { readonly kind: 'moved' | 'gone' | 'occupied' } | Failed;

export interface ShareFiles {
  /** Looks through the incoming folder; remembers what it saw for the next sweep. */
  sweep(rules: SweepRules): Promise<SweepFound>;
  /** Moves files from incoming to `path` by rename, only while they are as the sweep saw them; never over another file. */
  claim(
    files: readonly { readonly name: string; readonly state: FileState; readonly path: string }[],
  ): Promise<readonly ClaimOutcome[]>;
  /** What lies claimed, first paths first, no more than the limit; strangers are files that nobody claimed. */
  claimed(limit: number): Promise<{
    readonly files: readonly { readonly path: string; readonly size: number }[];
    readonly strangers: readonly string[];
  }>;
  /** Copies claimed files to local staging, durable when this resolves, hashing the bytes as they are read. */
  stage(files: readonly FileToStage[], onProgress?: (bytes: number) => void): Promise<readonly StageOutcome[]>;
  /** Deletes claimed files that are still what was staged, then their staged copies. */
  remove(files: readonly { readonly path: string; readonly state: ClaimedState }[]): Promise<readonly RemoveOutcome[]>;
  /** Deletes staged copies. */
  unstage(paths: readonly string[]): Promise<void>;
  /** From processing back to incoming. */
  putBack(path: string): Promise<MoveOutcome>;
  /** From processing to failed, with the reason in the tree `reasons` there. */
  quarantine(path: string, reason: string): Promise<MoveOutcome>;
  /** From failed back to processing. */
  restore(path: string): Promise<MoveOutcome>;
  /** Removes empty folders and staged copies that an hour ago nobody needed any more. */
  tidy(): Promise<void>;
  /** What is wrong with the folders, in words with remedies; makes processing and staging where they are missing. */
  check(): Promise<readonly string[]>;
}
