/**
 * Paths below a root that no link leads out of it. Each folder on the way is opened from the one before it without following a
 * link, and what lies in it is named by that open folder: `/proc/self/fd/N/name` is what openat, renameat and unlinkat are in
 * other languages. Whoever puts a link in a folder's place meanwhile changes nothing for what is open, and is refused at the next
 * try. Where the system has no such names, each folder is looked at just before, and a race can be lost.
 *
 * The root itself may be a link: it is what the settings say. So may be a file: opening it with O_NOFOLLOW is up to the caller.
 */
import { constants, existsSync } from 'node:fs';
import path from 'node:path';
import { errnoOf, shownFolders, type ShareDisk } from './share-disk';

const FOLDER = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
const OPEN_FOLDERS = '/proc/self/fd';
const hasOpenFolders = existsSync(OPEN_FOLDERS);
/** Folders held open at a time, apart from those on the way to one of them. */
const MOST_OPEN = 64;

/** Something on the way is a link, or no folder. */
export class NotOurFolder extends Error {
  override readonly name = 'NotOurFolder';
  readonly code = 'ELOOP';
  constructor(folder: string) {
    super(`ELOOP: ${folder} is a link, or no folder; what lies behind it is left alone.`);
  }
}

export class Reach {
  /** By relative path. */
  readonly #open = new Map<string, number>();

  constructor(
    private readonly disk: ShareDisk,
    private readonly root: string,
  ) {}

  /** Where the system finds a file, or the last folder, of a relative path. `make`: its folders are made where they are missing. */
  place(relative: string, make = false): string {
    if (this.#open.size >= MOST_OPEN) this.close();
    const cut = relative.lastIndexOf('/');
    return path.join(this.folder(relative.slice(0, Math.max(cut, 0)), make), relative.slice(cut + 1));
  }

  /** Where the system finds a folder, itself opened. `''` is the root. */
  folder(relative: string, make = false): string {
    if (relative === '') return this.root;
    const known = this.#open.get(relative);
    if (known !== undefined) return `${OPEN_FOLDERS}/${known}`;
    const cut = relative.lastIndexOf('/');
    const at = path.join(this.folder(relative.slice(0, Math.max(cut, 0)), make), relative.slice(cut + 1));
    const fd = this.#opened(at, relative, make);
    if (!hasOpenFolders) {
      this.disk.closeSync(fd);
      return at;
    }
    this.#open.set(relative, fd);
    shownFolders.set(fd, path.join(this.root, relative));
    return `${OPEN_FOLDERS}/${fd}`;
  }

  /** Lets a folder go that is done with. */
  leave(relative: string): void {
    const fd = this.#open.get(relative);
    if (fd === undefined) return;
    this.#open.delete(relative);
    this.disk.closeSync(fd);
  }

  close(): void {
    for (const relative of [...this.#open.keys()]) this.leave(relative);
  }

  #opened(at: string, relative: string, make: boolean): number {
    for (let made = false; ; made = true) {
      try {
        return this.disk.openSync(at, FOLDER);
      } catch (error) {
        const code = errnoOf(error);
        if (code === 'ELOOP' || code === 'ENOTDIR') throw new NotOurFolder(path.join(this.root, relative));
        if (code !== 'ENOENT' || !make || made) throw error;
      }
      try {
        this.disk.mkdirSync(at);
      } catch (error) {
        if (errnoOf(error) !== 'EEXIST') throw error;
      }
    }
  }
}

/** Does its work with a reach of each root, and lets them go. */
export function reaching<R extends readonly string[], T>(
  disk: ShareDisk,
  roots: R,
  work: (...reaches: { [K in keyof R]: Reach }) => T,
): T {
  const reaches = roots.map((root) => new Reach(disk, root));
  try {
    return work(...(reaches as { [K in keyof R]: Reach }));
  } finally {
    for (const reach of reaches) reach.close();
  }
}
