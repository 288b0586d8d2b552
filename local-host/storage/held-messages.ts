/**
 * Which queue messages this process holds, kept on disk with their pop receipts, so that the next start can give back at
 * once what a killed process took: without it they stay invisible until their lease ends.
 *
 * Invariants:
 * 1. A message is noted before its invocation starts, and forgotten only after it was deleted or given back.
 * 2. Each process has a file of its own under an exclusive lock, which the kernel drops when the process dies: a file that
 *    can be locked belongs to the dead, whatever process ids say.
 * 3. A disk that fails or is full stops no message: without its note one just comes back later.
 */
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

export interface HeldMessage {
  /** Name of the connection setting. */
  readonly connection: string;
  readonly queue: string;
  readonly id: string;
  readonly popReceipt: string;
}

/** What one dead process held. `forget` is called per message once it was given back, `discard` when none is left. */
export interface AbandonedMessages {
  readonly messages: readonly HeldMessage[];
  forget(message: HeldMessage): void;
  /** Deletes the file when empty, else leaves it for the next start. */
  discard(): void;
}

const SUFFIX = '.db';

export class HeldMessages {
  readonly #db: DatabaseSync;
  readonly #folder: string;
  readonly #file: string;

  #troubleTold = false;

  constructor(
    stateDir: string,
    instanceId: string,
    private readonly onTrouble: (reason: string) => void,
  ) {
    this.#folder = join(stateDir, 'held-messages');
    mkdirSync(this.#folder, { recursive: true });
    this.#file = `${instanceId.replace(/[^\w-]/g, '_')}${SUFFIX}`;
    this.#db = openLocked(join(this.#folder, this.#file));
  }

  hold(messages: readonly HeldMessage[]): void {
    if (messages.length === 0) return;
    this.#guarded(() => {
      const insert = this.#db.prepare(
        'INSERT OR REPLACE INTO held (connection, queue, id, receipt) VALUES (?, ?, ?, ?)',
      );
      this.#db.exec('BEGIN');
      try {
        for (const { connection, queue, id, popReceipt } of messages) insert.run(connection, queue, id, popReceipt);
      } finally {
        this.#db.exec('COMMIT');
      }
    });
  }

  forget({ connection, queue, id }: Omit<HeldMessage, 'popReceipt'>): void {
    this.#guarded(() =>
      this.#db.prepare('DELETE FROM held WHERE connection = ? AND queue = ? AND id = ?').run(connection, queue, id),
    );
  }

  #guarded(action: () => void): void {
    try {
      action();
    } catch (error) {
      if (!this.#troubleTold) this.onTrouble((error as Error).message);
      this.#troubleTold = true;
    }
  }

  /** Takes over the files of processes that no longer run. */
  abandoned(): AbandonedMessages[] {
    const result: AbandonedMessages[] = [];
    for (const name of readdirSync(this.#folder)) {
      if (!name.endsWith(SUFFIX) || name === this.#file) continue;
      const path = join(this.#folder, name);
      const db = tryOpenLocked(path);
      if (db) result.push(abandonedIn(db, path));
    }
    return result;
  }

  /** The file goes when nothing is held any more; else the next start gives back what is left. */
  close(): void {
    abandonedIn(this.#db, join(this.#folder, this.#file)).discard();
  }
}

function abandonedIn(db: DatabaseSync, path: string): AbandonedMessages {
  const rows = db.prepare('SELECT connection, queue, id, receipt AS popReceipt FROM held').all();
  return {
    messages: rows as unknown as HeldMessage[],
    forget: ({ connection, queue, id }) =>
      void db.prepare('DELETE FROM held WHERE connection = ? AND queue = ? AND id = ?').run(connection, queue, id),
    discard: () => {
      const left = db.prepare('SELECT count(*) AS n FROM held').get() as { n: number };
      db.close();
      if (left.n === 0) for (const end of ['', '-wal', '-shm']) rmSync(path + end, { force: true });
    },
  };
}

function tryOpenLocked(path: string): DatabaseSync | undefined {
  try {
    return openLocked(path);
  } catch {
    // Locked by a living process, or damaged; either way its messages come back when their lease ends.
    return undefined;
  }
}

function openLocked(path: string): DatabaseSync {
  const db = new DatabaseSync(path);
  try {
    // The page cache outlives the process, so no sync is needed against kill -9; a power cut costs one lease time.
    db.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;');
    db.exec(
      'CREATE TABLE IF NOT EXISTS held (connection TEXT, queue TEXT, id TEXT, receipt TEXT, PRIMARY KEY (connection, queue, id))',
    );
    // A write takes the lock for good; the CREATE above writes nothing when the table exists.
    db.exec('BEGIN EXCLUSIVE; COMMIT');
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}
