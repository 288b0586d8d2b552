/** The share's folders as wholes: what lies claimed, what is in order, what can go. */
import { isUtf8 } from 'node:buffer';
import { constants } from 'node:fs';
import path from 'node:path';
import { parseClaimedPath } from '../../domain/share/claimed-path';
import { removeEmpty, standing } from './file-state';
import { errnoOf, messageOf, type ShareDisk, type ShareRoots } from './share-disk';

const KEPT_MS = 60 * 60 * 1000;

/** Regular files below a folder, by relative path in order; `onFolder` sees each folder after its content. */
function walk(
  disk: ShareDisk,
  root: string,
  onFile: (relative: string, size: number, mtimeMs: number) => boolean,
  onFolder: (relative: string) => void = () => undefined,
): void {
  const folder = (relative: string): boolean => {
    for (const entry of entriesOf(disk, path.join(root, relative))) {
      const name = relative === '' ? entry.name : `${relative}/${entry.name}`;
      if (entry.folder) {
        if (!folder(name)) return false;
        onFolder(name);
        continue;
      }
      const stat = standing(disk, path.join(root, name));
      if (stat?.isFile() && !onFile(name, Number(stat.size), Number(stat.mtimeMs))) return false;
    }
    return true;
  };
  folder('');
}

function entriesOf(disk: ShareDisk, folder: string): { name: string; folder: boolean }[] {
  try {
    return disk
      .readdirSync(folder, { withFileTypes: true, encoding: 'buffer' })
      .filter((entry) => isUtf8(entry.name))
      .map((entry) => ({ name: entry.name.toString(), folder: entry.isDirectory() }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  }
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
  walk(
    disk,
    roots.staging,
    (relative, _size, mtimeMs) => {
      const ours = parseClaimedPath(relative) !== undefined;
      if (ours && nowMs - mtimeMs > KEPT_MS && !standing(disk, path.join(roots.processing, relative)))
        disk.unlinkSync(path.join(roots.staging, relative));
      return true;
    },
    (relative) => prune(disk, roots.staging, relative, nowMs),
  );
  walk(
    disk,
    roots.processing,
    () => true,
    (relative) => prune(disk, roots.processing, relative, nowMs),
  );
}

/** A folder that is empty and old goes; one that is not stays, whoever filled it meanwhile. */
function prune(disk: ShareDisk, root: string, relative: string, nowMs: number): void {
  if (!/^\d{8}(\/|$)/.test(relative)) return;
  const folder = path.join(root, relative);
  const stat = standing(disk, folder);
  if (!stat || nowMs - Number(stat.mtimeMs) < KEPT_MS) return;
  removeEmpty(disk, folder);
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
