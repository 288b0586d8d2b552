/**
 * Moves between incoming, processing and failed. Invariant: no move replaces a file. A claim is a rename, made under the
 * inbox's claim of its target path and after a look at that path; all others link first and unlink second, and a crash between
 * the two leaves two names of one file, which the next try recognises.
 */
import { createHash } from 'node:crypto';
import path from 'node:path';
import { sameState, type FileState } from '../../domain/share/stability';
import type { ClaimedState, ClaimOutcome, MoveOutcome, RemoveOutcome } from '../../ports/share-files';
import { freshState, removeEmpty, sameClaimed, standing, stateOf } from './file-state';
import { errnoOf, messageOf, type ShareDisk, type ShareRoots } from './share-disk';

export function claimFile(
  disk: ShareDisk,
  roots: ShareRoots,
  file: { readonly name: string; readonly state: FileState; readonly path: string },
): ClaimOutcome {
  const from = path.join(roots.incoming, file.name);
  const to = path.join(roots.processing, file.path);
  const source = standing(disk, from);
  if (!source) return { kind: 'lost' };
  if (!source.isFile() || !sameState(stateOf(source), file.state)) return { kind: 'changed' };
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

/** False when the source is gone. */
function rename(disk: ShareDisk, from: string, to: string): boolean {
  try {
    disk.renameSync(from, to);
    return true;
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
  disk.mkdirSync(path.dirname(to), { recursive: true });
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
  file: { readonly path: string; readonly state: ClaimedState },
): RemoveOutcome {
  const claimed = path.join(roots.processing, file.path);
  const now = freshState(disk, claimed);
  if (now && !sameClaimed(now, file.state)) return { kind: 'changed' };
  const removed = now !== undefined && unlink(disk, claimed);
  unstageFile(disk, roots, file.path);
  return { kind: removed ? 'removed' : 'gone' };
}

/** Deletes a staged copy; that none is there is well. */
export function unstageFile(disk: ShareDisk, roots: ShareRoots, relative: string): void {
  unlink(disk, path.join(roots.staging, relative));
}

export function putBackFile(disk: ShareDisk, roots: ShareRoots, relative: string): MoveOutcome {
  const name = relative.split('/').slice(2).join('/');
  return move(disk, path.join(roots.processing, relative), path.join(roots.incoming, name));
}

export function quarantineFile(disk: ShareDisk, roots: ShareRoots, relative: string, reason: string): MoveOutcome {
  const from = path.join(roots.processing, relative);
  const to = path.join(roots.failed, relative);
  const source = standing(disk, from);
  if (!source) return { kind: 'gone' };
  const there = standing(disk, to);
  if (there && there.ino !== source.ino) return { kind: 'occupied' };
  writeReason(disk, reasonFile(roots, relative), reason);
  return move(disk, from, to);
}

export function restoreFile(disk: ShareDisk, roots: ShareRoots, relative: string): MoveOutcome {
  const moved = move(disk, path.join(roots.failed, relative), path.join(roots.processing, relative));
  if (moved.kind === 'moved') unlink(disk, reasonFile(roots, relative));
  return moved;
}

/**
 * `reasons/<date>/<session>/<file>.json`, `/` and `%` of the file percent-encoded: a tree of its own, where no file of the share
 * can ever go. A name too long for that is told by a hash.
 */
function reasonFile(roots: ShareRoots, relative: string): string {
  const [date = '', session = '', ...file] = relative.split('/');
  const name = file.map((part) => part.replaceAll('%', '%25')).join('%2F');
  const fits = Buffer.byteLength(name) <= 250;
  const short = fits ? name : createHash('sha256').update(relative).digest('hex').slice(0, 32);
  return path.join(roots.failed, 'reasons', date, session, `${short}.json`);
}

function writeReason(disk: ShareDisk, file: string, reason: string): void {
  disk.mkdirSync(path.dirname(file), { recursive: true });
  const fd = disk.openSync(file, 'w', 0o644);
  try {
    const bytes = Buffer.from(reason);
    for (let at = 0; at < bytes.length;) at += disk.writeSync(fd, bytes, at, bytes.length - at);
    disk.fsyncSync(fd);
  } finally {
    disk.closeSync(fd);
  }
}

/** Link, then unlink: unlike a rename a link never replaces what stands at its target. */
function move(disk: ShareDisk, from: string, to: string): MoveOutcome {
  const source = standing(disk, from);
  if (!source) return { kind: 'gone' };
  try {
    disk.mkdirSync(path.dirname(to), { recursive: true });
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
