/**
 * Moves between incoming, processing and failed. Invariant: no move replaces a file. A claim is a rename, made under the
 * inbox's claim of its target path and after a look at that path; all others link first and unlink second, and a crash between
 * the two leaves two names of one file, which the next try recognises. No folder on the way is reached by a link (reach.ts).
 */
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import path from 'node:path';
import { sameState, type FileState } from '../../domain/share/stability';
import type { ClaimedState, ClaimOutcome, MoveOutcome, RemoveOutcome } from '../../ports/share-files';
import { freshState, removeEmpty, sameClaimed, standing, stateOf } from './file-state';
import { reaching, type Reach } from './reach';
import { errnoOf, messageOf, type ShareDisk, type ShareRoots } from './share-disk';

const REASON = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW;

/** The folders between which a claim moves. */
export interface ClaimReach {
  readonly incoming: Reach;
  readonly processing: Reach;
}

export function claimFile(
  disk: ShareDisk,
  { incoming, processing }: ClaimReach,
  file: { readonly name: string; readonly state: FileState; readonly path: string },
): ClaimOutcome {
  const from = placeOf(incoming, file.name);
  const source = from && standing(disk, from);
  if (!source) return { kind: 'lost' };
  if (!source.isFile() || !sameState(stateOf(source), file.state)) return { kind: 'changed' };
  const to = processing.place(file.path, true);
  if (inTheWay(disk, to)) return { kind: 'occupied' };
  if (!rename(disk, from, to)) return { kind: 'lost' };
  const now = standing(disk, to);
  if (now && sameState(stateOf(now), file.state)) return { kind: 'claimed', path: file.path, size: file.state.size };
  // Between the look and the rename another file took the name.
  if (now) move(disk, to, from);
  return { kind: 'changed' };
}

/** Something stands at a path. An empty folder does not: its files were carried, and now one has its name. */
function inTheWay(disk: ShareDisk, place: string): boolean {
  const there = standing(disk, place);
  return there !== undefined && !(there.isDirectory() && removeEmpty(disk, place));
}

/** Undefined where a folder on the way is gone. */
function placeOf(reach: Reach, relative: string): string | undefined {
  try {
    return reach.place(relative);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** False when the source is gone. */
function rename(disk: ShareDisk, from: string, to: string): boolean {
  try {
    disk.renameSync(from, to);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}

/** Deletes a claimed file only while it is what was staged. */
export function removeClaimed(
  disk: ShareDisk,
  roots: ShareRoots,
  processing: Reach,
  file: { readonly path: string; readonly state: ClaimedState },
): RemoveOutcome {
  const claimed = placeOf(processing, file.path);
  const now = claimed === undefined ? undefined : freshState(disk, claimed);
  if (now && !sameClaimed(now, file.state)) return { kind: 'changed' };
  const removed = claimed !== undefined && now !== undefined && unlink(disk, claimed);
  unstageFile(disk, roots, file.path);
  return { kind: removed ? 'removed' : 'gone' };
}

/** Deletes a staged copy; that none is there is well. */
export function unstageFile(disk: ShareDisk, roots: ShareRoots, relative: string): void {
  unlink(disk, path.join(roots.staging, relative));
}

export function putBackFile(disk: ShareDisk, roots: ShareRoots, relative: string): MoveOutcome {
  const name = relative.split('/').slice(2).join('/');
  return reaching(disk, [roots.processing, roots.incoming], (processing, incoming) =>
    carry(disk, [processing, relative], [incoming, name]),
  );
}

export function quarantineFile(disk: ShareDisk, roots: ShareRoots, relative: string, reason: string): MoveOutcome {
  return reaching(disk, [roots.processing, roots.failed], (processing, failed) => {
    const from = placeOf(processing, relative);
    const source = from && standing(disk, from);
    if (!source) return { kind: 'gone' };
    disk.mkdirSync(roots.failed, { recursive: true });
    const to = failed.place(relative, true);
    const there = standing(disk, to);
    if (there && there.ino !== source.ino) return { kind: 'occupied' };
    writeReason(disk, failed.place(reasonFile(relative), true), reason);
    return move(disk, from, to);
  });
}

export function restoreFile(disk: ShareDisk, roots: ShareRoots, relative: string): MoveOutcome {
  return reaching(disk, [roots.failed, roots.processing], (failed, processing) => {
    const moved = carry(disk, [failed, relative], [processing, relative]);
    const reason = moved.kind === 'moved' ? placeOf(failed, reasonFile(relative)) : undefined;
    if (reason !== undefined) unlink(disk, reason);
    return moved;
  });
}

/**
 * `reasons/<date>/<session>/<file>.json`, `/` and `%` of the file percent-encoded: a tree of its own, where no file of the share
 * can ever go. A name too long for that is told by a hash.
 */
function reasonFile(relative: string): string {
  const [date = '', session = '', ...file] = relative.split('/');
  const name = file.map((part) => part.replaceAll('%', '%25')).join('%2F');
  const fits = Buffer.byteLength(name) <= 250;
  const short = fits ? name : createHash('sha256').update(relative).digest('hex').slice(0, 32);
  return path.posix.join('reasons', date, session, `${short}.json`);
}

function writeReason(disk: ShareDisk, file: string, reason: string): void {
  const fd = disk.openSync(file, REASON, 0o644);
  try {
    const bytes = Buffer.from(reason);
    for (let at = 0; at < bytes.length;) at += disk.writeSync(fd, bytes, at, bytes.length - at);
    disk.fsyncSync(fd);
  } finally {
    disk.closeSync(fd);
  }
}

function carry(disk: ShareDisk, from: readonly [Reach, string], to: readonly [Reach, string]): MoveOutcome {
  const source = placeOf(...from);
  if (source === undefined || !standing(disk, source)) return { kind: 'gone' };
  return move(disk, source, to[0].place(to[1], true));
}

/** Link, then unlink: unlike a rename a link never replaces what stands at its target. */
function move(disk: ShareDisk, from: string, to: string): MoveOutcome {
  const source = standing(disk, from);
  if (!source) return { kind: 'gone' };
  try {
    disk.linkSync(from, to);
  } catch (error) {
    const code = errnoOf(error);
    if (code === 'EEXIST') {
      if (standing(disk, to)?.ino !== source.ino) return { kind: 'occupied' };
    } else if (['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(code)) {
      // A share without links: the look and the rename are two calls, and that is as good as it gets there.
      if (standing(disk, to)) return { kind: 'occupied' };
      disk.renameSync(from, to);
      return { kind: 'moved' };
    } else {
      return { kind: 'failed', code, error: messageOf(error) };
    }
  }
  unlink(disk, from);
  return { kind: 'moved' };
}

/** False when nothing was there. */
function unlink(disk: ShareDisk, file: string): boolean {
  try {
    disk.unlinkSync(file);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}
