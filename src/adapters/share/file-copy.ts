/**
 * One claimed file on its way into the staging folder: opened, copied piece by piece, made durable, compared. Invariants:
 * 1. what `seal` calls staged is on disk (fsync) and is, byte for byte, what the source held all the while; 2. whatever else
 * becomes of it leaves no staged copy.
 */
import { constants } from 'node:fs';
import path from 'node:path';
import type { ClaimedState, Failed } from '../../ports/share-files';
import { freshState, OPEN_SOURCE, removeEmpty, sameClaimed, standing, stateOf } from './file-state';
import { reaching } from './reach';
import { errnoOf, messageOf, type ShareDisk, type ShareRoots } from './share-disk';

const NEW_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
/** The disk begins to write this much before the copy ends, rather than all of it then. */
const FLUSH_BYTES = 32 * 1024 * 1024;

export type Sealed = { readonly kind: 'staged' } | { readonly kind: 'changed' | 'gone' } | Failed;

export class FileCopy {
  #copied = 0;
  /** The source gave more than it had when it was opened. */
  #longer = false;
  #unflushed = 0;
  #flushing: Promise<void> | undefined;
  /** A disk tells of a lost write once: whoever was told has to remember. */
  #flushError: unknown;

  private constructor(
    private readonly disk: ShareDisk,
    private readonly processing: string,
    private readonly relative: string,
    private readonly target: string,
    private readonly from: number,
    private readonly to: number,
    readonly state: ClaimedState,
  ) {}

  /** Throws what the share or the staging disk refuses. */
  static open(disk: ShareDisk, roots: ShareRoots, relative: string): FileCopy | { readonly kind: 'gone' } | Failed {
    const target = path.join(roots.staging, relative);
    let from: number;
    try {
      from = reaching(disk, [roots.processing], (reach) => disk.openSync(reach.place(relative), OPEN_SOURCE));
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return { kind: 'gone' };
      throw error;
    }
    try {
      const stat = disk.fstatSync(from, { bigint: true });
      if (stat.isFile()) {
        const to = onStaging(() => createTarget(disk, target));
        return new FileCopy(disk, roots.processing, relative, target, from, to, stateOf(stat));
      }
    } catch (error) {
      disk.closeSync(from);
      throw error;
    }
    disk.closeSync(from);
    return { kind: 'failed', code: 'EINVAL', error: 'What lies claimed is not a regular file; it is left alone.' };
  }

  get copied(): number {
    return this.#copied;
  }

  /** Copies the next bytes through `memory`; fewer than it holds only at the end. Undefined: the file is longer than it was. */
  piece(memory: Buffer): number | undefined {
    let filled = 0;
    while (filled < memory.length) {
      const read = this.disk.readSync(this.from, memory, filled, memory.length - filled, null);
      if (read === 0) break;
      filled += read;
      this.#longer = this.#copied + filled > this.state.size;
      if (this.#longer) return undefined;
    }
    onStaging(() => writeAll(this.disk, this.to, memory, filled));
    this.#copied += filled;
    this.#unflushed += filled;
    if (this.#unflushed >= FLUSH_BYTES && !this.#flushing) void this.#flush();
    return filled;
  }

  /** Makes the copy durable and compares the source with what it was; closes everything. Never rejects. */
  async seal(): Promise<Sealed> {
    try {
      const after = stateOf(this.disk.fstatSync(this.from, { bigint: true }));
      if (this.#longer || this.#copied !== this.state.size || !sameClaimed(this.state, after))
        return await this.#end('changed');
      await this.#flushing;
      if (this.#flushError === undefined) await this.#flush();
      if (this.#flushError !== undefined) throw new StagingError(this.#flushError);
      const now = this.#fresh();
      if (!now) return await this.#end('gone');
      return await this.#end(sameClaimed(now, this.state) ? 'staged' : 'changed');
    } catch (error) {
      return this.abandon(error);
    }
  }

  /** What stands at the source's path by now. */
  #fresh(): ClaimedState | undefined {
    try {
      return reaching(this.disk, [this.processing], (reach) => freshState(this.disk, reach.place(this.relative)));
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** Closes everything and removes the copy. */
  async abandon(error: unknown): Promise<Failed> {
    await this.#end('changed').catch(() => undefined);
    return failed(error);
  }

  async #end(kind: 'staged' | 'changed' | 'gone'): Promise<Sealed> {
    await this.#flushing;
    try {
      this.disk.closeSync(this.from);
    } finally {
      try {
        onStaging(() => this.disk.closeSync(this.to));
      } finally {
        if (kind !== 'staged') remove(this.disk, this.target);
      }
    }
    return { kind };
  }

  #flush(): Promise<void> {
    this.#unflushed = 0;
    this.#flushing = this.disk.flush(this.to).then(
      () => (this.#flushing = undefined),
      (error: unknown) => {
        this.#flushError = error;
        this.#flushing = undefined;
      },
    );
    return this.#flushing;
  }
}

export function failed(error: unknown): Failed {
  return {
    kind: 'failed',
    code: errnoOf(error),
    error: messageOf(error),
    ...(error instanceof StagingError ? { staging: true } : {}),
  };
}

function writeAll(disk: ShareDisk, fd: number, bytes: Buffer, length: number): void {
  for (let from = 0; from < length;) from += disk.writeSync(fd, bytes, from, length - from);
}

/** A file of its own, never one that another run has open. */
function createTarget(disk: ShareDisk, target: string): number {
  for (let tries = 0; ; tries++) {
    try {
      return disk.openSync(target, NEW_FILE, 0o600);
    } catch (error) {
      if (tries === 2) throw error;
      if (errnoOf(error) === 'EEXIST') clear(disk, target);
      else if (errnoOf(error) === 'ENOENT') disk.mkdirSync(path.dirname(target), { recursive: true });
      else throw error;
    }
  }
}

/** Removes what an earlier run left: a copy, or the empty folder of copies whose name a file has now. */
function clear(disk: ShareDisk, target: string): void {
  if (!standing(disk, target)?.isDirectory() || !removeEmpty(disk, target)) remove(disk, target);
}

function remove(disk: ShareDisk, target: string): void {
  try {
    disk.unlinkSync(target);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw new StagingError(error);
  }
}

const FULL: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT']);

class StagingError extends Error {
  override readonly name = 'StagingError';
  readonly code: string;
  constructor(cause: unknown) {
    const code = errnoOf(cause);
    const remedy = FULL.has(code) ? ' Make room there, or point the setting at a larger disk.' : '';
    super(`The staging folder (APP_LOCAL_STAGING_ROOT) refuses: ${messageOf(cause)}.${remedy}`, { cause });
    this.code = code;
  }
}

/** Marks what the staging folder's own disk refuses. */
function onStaging<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof StagingError ? error : new StagingError(error);
  }
}
