/**
 * Copies claimed files to the local staging folder and hashes them on the way. Invariants: 1. what is reported as staged is on
 * disk (fsync) and is, byte for byte, what the source held all the while; 2. whatever else happens leaves no staged copy.
 */
import { createHash, type Hash } from 'node:crypto';
import { constants } from 'node:fs';
import path from 'node:path';
import { blockPlan } from '../../domain/blocks/block-plan';
import type { ClaimedState, Failed, StageOutcome, StagedFile } from '../../ports/share-files';
import { freshState, OPEN_SOURCE, sameClaimed, stateOf } from './file-state';
import { errnoOf, messageOf, type ShareDisk, type ShareRoots } from './share-disk';

const CHUNK = 1024 * 1024;
const NEW_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

interface Open {
  readonly fd: number;
  readonly target: string;
  readonly source: string;
  readonly staged: StagedFile;
}

/** Small files are written one after the other and made durable together, which costs the disk far less. */
export function stageFiles(
  disk: ShareDisk,
  roots: ShareRoots,
  files: readonly { readonly path: string; readonly blockSize: number }[],
  onProgress: (bytes: number) => void,
): readonly StageOutcome[] {
  const buffer = Buffer.allocUnsafeSlow(CHUNK);
  const copied = files.map((file): Open | StageOutcome => {
    try {
      return copyFile(disk, roots, file, buffer, onProgress);
    } catch (error) {
      return failed(error);
    }
  });
  return copied.map((copy): StageOutcome => {
    if (!('fd' in copy)) return copy;
    try {
      try {
        onStaging(() => disk.fsyncSync(copy.fd));
      } finally {
        onStaging(() => disk.closeSync(copy.fd));
      }
      const now = freshState(disk, copy.source);
      if (now && sameClaimed(now, copy.staged.state)) return copy.staged;
      remove(disk, copy.target);
      return { kind: now ? 'changed' : 'gone' };
    } catch (error) {
      remove(disk, copy.target);
      return failed(error);
    }
  });
}

function copyFile(
  disk: ShareDisk,
  roots: ShareRoots,
  file: { readonly path: string; readonly blockSize: number },
  buffer: Buffer,
  onProgress: (bytes: number) => void,
): Open | StageOutcome {
  const source = path.join(roots.processing, file.path);
  const target = path.join(roots.staging, file.path);
  let from: number;
  try {
    from = disk.openSync(source, OPEN_SOURCE);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return { kind: 'gone' };
    throw error;
  }
  try {
    const stat = disk.fstatSync(from, { bigint: true });
    if (!stat.isFile())
      return { kind: 'failed', code: 'EINVAL', error: 'What lies claimed is not a regular file; it is left alone.' };
    const before = stateOf(stat);
    const to = onStaging(() => createTarget(disk, target));
    try {
      const hashes = copyBytes(disk, from, to, before, file.blockSize, buffer, onProgress);
      const after = stateOf(disk.fstatSync(from, { bigint: true }));
      if (!hashes || !sameClaimed(before, after)) {
        abandon(disk, to, target);
        return { kind: 'changed' };
      }
      return { fd: to, target, source, staged: { kind: 'staged', state: before, ...hashes } };
    } catch (error) {
      abandon(disk, to, target);
      throw error;
    }
  } finally {
    disk.closeSync(from);
  }
}

/** Undefined when the source has not the length that it had when it was opened. */
function copyBytes(
  disk: ShareDisk,
  from: number,
  to: number,
  { size }: ClaimedState,
  wantedBlockSize: number,
  buffer: Buffer,
  onProgress: (bytes: number) => void,
): Pick<StagedFile, 'md5' | 'blockMd5s' | 'blockSize'> | undefined {
  const { blockSize, count } = blockPlan(size, wantedBlockSize);
  const whole = createHash('md5');
  const blocks: string[] = [];
  let block: Hash | undefined;
  let inBlock = 0;
  let total = 0;
  for (;;) {
    // One byte past the end is asked for, so that a file that grew shows it.
    const wanted = Math.min(buffer.length, blockSize - inBlock, size - total || 1);
    const read = disk.readSync(from, buffer, 0, wanted, null);
    if (read === 0) break;
    total += read;
    if (total > size) return undefined;
    const bytes = buffer.subarray(0, read);
    onStaging(() => writeAll(disk, to, bytes));
    whole.update(bytes);
    if (count > 1) {
      block ??= createHash('md5');
      block.update(bytes);
    }
    inBlock += read;
    if (inBlock === blockSize) endBlock();
    onProgress(read);
  }
  endBlock();
  if (total !== size) return undefined;
  return { md5: whole.digest('hex'), blockMd5s: blocks, blockSize };

  function endBlock(): void {
    if (block) blocks.push(block.digest('hex'));
    block = undefined;
    inBlock = 0;
  }
}

function writeAll(disk: ShareDisk, fd: number, bytes: Buffer): void {
  for (let from = 0; from < bytes.length;) from += disk.writeSync(fd, bytes, from, bytes.length - from);
}

/** A file of its own, never one that another run has open. */
function createTarget(disk: ShareDisk, target: string): number {
  remove(disk, target);
  try {
    return disk.openSync(target, NEW_FILE, 0o600);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
    disk.mkdirSync(path.dirname(target), { recursive: true });
    return disk.openSync(target, NEW_FILE, 0o600);
  }
}

function abandon(disk: ShareDisk, fd: number, target: string): void {
  try {
    disk.closeSync(fd);
  } finally {
    remove(disk, target);
  }
}

function remove(disk: ShareDisk, target: string): void {
  try {
    disk.unlinkSync(target);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw new StagingError(error);
  }
}

class StagingError extends Error {
  override readonly name = 'StagingError';
  readonly code: string;
  constructor(cause: unknown) {
    super(messageOf(cause), { cause });
    this.code = errnoOf(cause);
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

function failed(error: unknown): Failed {
  return {
    kind: 'failed',
    code: errnoOf(error),
    error: messageOf(error),
    ...(error instanceof StagingError ? { staging: true } : {}),
  };
}
