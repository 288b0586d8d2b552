/** The share's folders as wholes: what lies claimed, what is in order, what can go. */
import { isUtf8 } from 'node:buffer';
import { constants } from 'node:fs';
import path from 'node:path';
import { parseClaimedPath } from '../../domain/share/claimed-path';
import { removeEmpty, standing } from './file-state';
import { NotOurFolder, reaching } from './reach';
import { errnoOf, messageOf, type ShareDisk, type ShareRoots } from './share-disk';

const KEPT_MS = 60 * 60 * 1000;

/** Regular files below a folder, by relative path in order, with the place to reach each; `onFolder` sees each folder after its content. */
function walk(
  disk: ShareDisk,
  root: string,
  onFile: (relative: string, size: number, mtimeMs: number, place: string) => boolean,
  onFolder: (relative: string, place: string) => void = () => undefined,
): void {
  reaching(disk, [root], (reach) => {
    const folder = (relative: string): boolean => {
      const at = listed(() => reach.folder(relative));
      if (at === undefined) return true;
      for (const entry of entriesOf(disk, at)) {
        const name = relative === '' ? entry.name : `${relative}/${entry.name}`;
        const place = path.join(at, entry.name);
        if (entry.folder) {
          if (!folder(name)) return false;
          onFolder(name, place);
          continue;
        }
        const stat = standing(disk, place);
        if (stat?.isFile() && !onFile(name, Number(stat.size), Number(stat.mtimeMs), place)) return false;
      }
      reach.leave(relative);
      return true;
    };
    folder('');
  });
}

/** Undefined for a folder that vanished, or that a link took the place of. */
function listed<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (error instanceof NotOurFolder || errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function entriesOf(disk: ShareDisk, folder: string): { name: string; folder: boolean }[] {
  const entries = listed(() => disk.readdirSync(folder, { withFileTypes: true, encoding: 'buffer' })) ?? [];
  return entries
    .filter((entry) => isUtf8(entry.name))
    .map((entry) => ({ name: entry.name.toString(), folder: entry.isDirectory() }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

export function claimedFiles(
  disk: ShareDisk,
  { processing }: ShareRoots,
  limit: number,
): { files: { path: string; size: number }[]; strangers: string[] } {
  const files: { path: string; size: number }[] = [];
  const strangers: string[] = [];
  // A root that vanished is not an empty one.
  disk.statSync(processing);
  walk(disk, processing, (relative, size) => {
    if (parseClaimedPath(relative)) files.push({ path: relative, size });
    else if (strangers.length < 10) strangers.push(relative);
    return files.length < limit;
  });
  return { files, strangers };
}

export function tidyFolders(disk: ShareDisk, roots: ShareRoots, nowMs: number): void {
  reaching(disk, [roots.processing], (processing) => {
    const claimed = (relative: string) => listed(() => standing(disk, processing.place(relative)));
    walk(
      disk,
      roots.staging,
      (relative, _size, mtimeMs, place) => {
        const ours = parseClaimedPath(relative) !== undefined;
        if (ours && nowMs - mtimeMs > KEPT_MS && !claimed(relative)) disk.unlinkSync(place);
        return true;
      },
      (relative, place) => prune(disk, relative, place, nowMs),
    );
  });
  walk(
    disk,
    roots.processing,
    () => true,
    (relative, place) => prune(disk, relative, place, nowMs),
  );
}

/** A folder that is empty and old goes; one that is not stays, whoever filled it meanwhile. */
function prune(disk: ShareDisk, relative: string, place: string, nowMs: number): void {
  if (!/^\d{8}(\/|$)/.test(relative)) return;
  const stat = standing(disk, place);
  if (!stat?.isDirectory() || nowMs - Number(stat.mtimeMs) < KEPT_MS) return;
  removeEmpty(disk, place);
}

/** Problems with the folders, each naming its setting, the cause and the remedy. */
export function checkFolders(disk: ShareDisk, roots: ShareRoots): string[] {
  const problems: string[] = [];
  const look = (setting: string, folder: string, make: boolean): bigint | undefined => {
    try {
      if (make) disk.mkdirSync(folder, { recursive: true });
      const stat = disk.statSync(folder, { bigint: true });
      if (!stat.isDirectory()) {
        problems.push(`${setting}=${folder} is not a folder. Point it at one.`);
        return undefined;
      }
      disk.accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
      return stat.dev;
    } catch (error) {
      problems.push(`${setting}=${folder}: ${explain(errnoOf(error), messageOf(error))}`);
      return undefined;
    }
  };
  const incoming = look('APP_NFS_INCOMING_DIR', roots.incoming, false);
  const processing = incoming === undefined ? undefined : look('APP_NFS_PROCESSING_ROOT', roots.processing, true);
  look('APP_LOCAL_STAGING_ROOT', roots.staging, true);
  if (incoming !== undefined && processing !== undefined && incoming !== processing)
    problems.push(
      `APP_NFS_PROCESSING_ROOT=${roots.processing} lies on another file system than APP_NFS_INCOMING_DIR=${roots.incoming}: a file is claimed by renaming it, which only works within one. Put both on the same share.`,
    );
  return problems;
}

function explain(code: string, message: string): string {
  switch (code) {
    case 'ENOENT':
      return 'this folder does not exist. Is the share mounted? Mount it, or point the setting at the right folder.';
    case 'EACCES':
    case 'EPERM':
      return 'this process may not read and write here. Give its user (uid) rights on the share.';
    case 'EROFS':
      return 'this is mounted read-only. Files are claimed by renaming them: mount it read-write.';
    case 'ESTALE':
      return 'the share was replaced under its mount (stale file handle). Mount it again.';
    default:
      return `${code}: ${message}`;
  }
}
