import fs from 'node:fs';
import { promisify } from 'node:util';

/** The calls of the file system that the share needs, so that a test can let any of them fail. Synchronous: see share-process.ts. */
export interface ShareDisk extends SynchronousDisk {
  /** fsync of a file on the local staging disk, beside whatever else the thread does. */
  flush(fd: number): Promise<void>;
}

type SynchronousDisk = Pick<
  typeof fs,
  | 'closeSync'
  | 'fstatSync'
  | 'fsyncSync'
  | 'linkSync'
  | 'lstatSync'
  | 'mkdirSync'
  | 'openSync'
  | 'opendirSync'
  | 'readSync'
  | 'readdirSync'
  | 'renameSync'
  | 'rmdirSync'
  | 'statSync'
  | 'accessSync'
  | 'unlinkSync'
  | 'writeSync'
>;

export const realDisk: ShareDisk = { ...fs, flush: promisify(fs.fsync) };

export interface ShareRoots {
  readonly incoming: string;
  readonly processing: string;
  readonly failed: string;
  /** Local. */
  readonly staging: string;
}

/** An error's system code, `EUNKNOWN` when it has none. */
export function errnoOf(error: unknown): string {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? code : 'EUNKNOWN';
}

/** Paths of folders by the number they are, or were last, open under (reach.ts): in a message the number tells nobody anything. */
export const shownFolders = new Map<number, string>();

export function messageOf(error: unknown): string {
  const message =
    error instanceof Error ? error.message : String((error as { message?: unknown } | undefined)?.message ?? error);
  return message.replace(/\/proc\/self\/fd\/(\d+)/g, (whole, fd: string) => shownFolders.get(Number(fd)) ?? whole);
}
