import { constants, type BigIntStats } from 'node:fs';
import type { ClaimedState } from '../../ports/share-files';
import { errnoOf, type ShareDisk } from './share-disk';

/**
 * Opens without following a link and without waiting for the other end of a pipe. Opening is also what makes an NFS client ask
 * the server for the file's current attributes (close-to-open consistency) instead of its cache.
 */
export const OPEN_SOURCE = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

export function stateOf(stat: BigIntStats): ClaimedState {
  return {
    ino: stat.ino.toString(),
    size: Number(stat.size),
    mtimeNs: stat.mtimeNs.toString(),
    ctimeNs: stat.ctimeNs.toString(),
  };
}

export function sameClaimed(a: ClaimedState, b: ClaimedState): boolean {
  return a.ino === b.ino && a.size === b.size && a.mtimeNs === b.mtimeNs && a.ctimeNs === b.ctimeNs;
}

/** The state of a regular file as the server has it now; undefined when none is there. */
export function freshState(disk: ShareDisk, file: string): ClaimedState | undefined {
  let fd: number;
  try {
    fd = disk.openSync(file, OPEN_SOURCE);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return stateOf(disk.fstatSync(fd, { bigint: true }));
  } finally {
    disk.closeSync(fd);
  }
}

/** What stands at a path, links not followed; undefined when nothing does. */
export function standing(disk: ShareDisk, file: string): BigIntStats | undefined {
  try {
    return disk.lstatSync(file, { bigint: true });
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** False when the folder is not empty: it stays then. */
export function removeEmpty(disk: ShareDisk, folder: string): boolean {
  try {
    disk.rmdirSync(folder);
    return true;
  } catch (error) {
    if (['ENOTEMPTY', 'EEXIST', 'EBUSY'].includes(errnoOf(error))) return false;
    if (errnoOf(error) === 'ENOENT') return true;
    throw error;
  }
}
