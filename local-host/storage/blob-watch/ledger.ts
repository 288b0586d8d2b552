/**
 * What a blob watch knows on disk: which version of each blob every watcher has seen, which messages wait for delivery, and
 * how far the access log was read.
 *
 * Invariants:
 * 1. A version is marked as seen in the same transaction that puts its message into the outbox: a crash loses neither or both.
 * 2. A message leaves the outbox only after the queue accepted it, so a crash in between delivers it again, unchanged.
 * 3. Sequences grow for ever, beyond the loss of this file too: they start from the time of day.
 */
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { LogPosition } from '../access-log-tail';
import type { BlobVersion } from './blob-version';

export interface SeenVersion {
  readonly etag: string;
  readonly createdOn: number | null;
  readonly length: number;
  readonly md5: string | null;
  /** 1 when this ETag came from a change of properties, so that nothing was announced for it. */
  readonly touched: number;
}

export interface OutboxMessage {
  readonly sequence: number;
  readonly watcher: string;
  readonly text: string;
}

const SCHEMA_VERSION = 1;

export class Ledger {
  readonly #db: DatabaseSync;
  readonly #seen: StatementSync;
  readonly #see: StatementSync;
  readonly #forget: StatementSync;
  readonly #enqueue: StatementSync;
  readonly #delivered: StatementSync;
  #lastSequence: number;

  /** @throws Error when the file is damaged or was written by a newer version. */
  constructor(
    file: string,
    private readonly now: () => number,
  ) {
    const db = new DatabaseSync(file);
    this.#db = db;
    try {
      prepareSchema(db);
    } catch (error) {
      db.close();
      throw error;
    }
    this.#seen = db.prepare('SELECT etag, createdOn, length, md5, touched FROM seen WHERE watcher = ? AND blob = ?');
    this.#see = db.prepare('INSERT OR REPLACE INTO seen VALUES (?, ?, ?, ?, ?, ?, ?)');
    this.#forget = db.prepare('DELETE FROM seen WHERE watcher = ? AND blob = ?');
    this.#enqueue = db.prepare('INSERT INTO outbox VALUES (?, ?, ?)');
    this.#delivered = db.prepare('DELETE FROM outbox WHERE sequence = ?');
    this.#lastSequence =
      (db.prepare('SELECT max(last) AS last FROM counter').get() as { last: number | null }).last ?? 0;
  }

  /** When the watcher first started on this source. Another source under the same name is a new watcher. */
  startedAt(name: string, source: string): number {
    const known = this.#db.prepare('SELECT source, created FROM watcher WHERE name = ?').get(name) as
      { source: string; created: number } | undefined;
    if (known?.source === source) return known.created;
    return this.transaction(() => {
      const created = this.now();
      this.#db.prepare('DELETE FROM seen WHERE watcher = ?').run(name);
      this.#db
        .prepare('INSERT OR REPLACE INTO watcher (name, source, created) VALUES (?, ?, ?)')
        .run(name, source, created);
      return created;
    });
  }

  /**
   * How long the last complete listing took for this watcher, in milliseconds; undefined when none was completed since the
   * last gap in the log.
   */
  listingMs(watcher: string): number | undefined {
    const row = this.#db.prepare('SELECT listingMs FROM watcher WHERE name = ?').get(watcher);
    return (row as { listingMs: number | null } | undefined)?.listingMs ?? undefined;
  }

  saveListing(watcher: string, ms: number | undefined): void {
    this.#db.prepare('UPDATE watcher SET listingMs = ? WHERE name = ?').run(ms ?? null, watcher);
  }

  transaction<T>(action: () => T): T {
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      const result = action();
      this.#db.exec('COMMIT');
      return result;
    } catch (error) {
      this.#db.exec('ROLLBACK');
      throw error;
    }
  }

  seen(watcher: string, blob: string): SeenVersion | undefined {
    return this.#seen.get(watcher, blob) as SeenVersion | undefined;
  }

  /** Call within `transaction`. */
  see(watcher: string, version: BlobVersion, touched: boolean): void {
    const { blob, etag, createdOn, contentLength, contentMd5 } = version;
    this.#see.run(watcher, blob, etag, createdOn ?? null, contentLength, contentMd5 ?? null, touched ? 1 : 0);
  }

  forget(watcher: string, blob: string): void {
    this.#forget.run(watcher, blob);
  }

  /** Names of seen blobs after `after`, up to and including `upTo`, or to the end. In the order of UTF-8 bytes. */
  seenBetween(watcher: string, after: string, upTo: string | undefined, limit: number): string[] {
    const bound = upTo === undefined ? '' : 'AND blob <= ?';
    const query = this.#db.prepare(
      `SELECT blob FROM seen WHERE watcher = ? AND blob > ? ${bound} ORDER BY blob LIMIT ?`,
    );
    const rows = upTo === undefined ? query.all(watcher, after, limit) : query.all(watcher, after, upTo, limit);
    return rows.map((row) => (row as { blob: string }).blob);
  }

  /** Call within `transaction`. The text may need the sequence, so it is made here. */
  enqueue(watcher: string, textFor: (sequence: number) => string): void {
    // Thousandths of a millisecond leave room for a thousand events each, and stay exact until the year 2255.
    const sequence = Math.max(this.#lastSequence + 1, this.now() * 1000);
    this.#enqueue.run(sequence, watcher, textFor(sequence));
    this.#db.exec('DELETE FROM counter');
    this.#db.prepare('INSERT INTO counter VALUES (?)').run(sequence);
    this.#lastSequence = sequence;
  }

  waiting(watcher: string, limit: number): OutboxMessage[] {
    const query = this.#db.prepare(
      'SELECT sequence, watcher, text FROM outbox WHERE watcher = ? ORDER BY sequence LIMIT ?',
    );
    return query.all(watcher, limit) as unknown as OutboxMessage[];
  }

  delivered(sequence: number): void {
    this.#delivered.run(sequence);
  }

  logPosition(source: string): LogPosition | undefined {
    return this.#db.prepare('SELECT inode, offset FROM log WHERE source = ?').get(source) as LogPosition | undefined;
  }

  saveLogPosition(source: string, { inode, offset }: LogPosition): void {
    this.#db.prepare('INSERT OR REPLACE INTO log VALUES (?, ?, ?)').run(source, inode, offset);
  }

  close(): void {
    this.#db.close();
  }
}

function prepareSchema(db: DatabaseSync): void {
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 5000;');
  const { user_version: version } = db.prepare('PRAGMA user_version').get() as { user_version: number };
  if (version > SCHEMA_VERSION) throw new Error(`it was written by a newer version (${version})`);
  db.exec(`
    CREATE TABLE IF NOT EXISTS watcher (
      name TEXT PRIMARY KEY, source TEXT NOT NULL, created INTEGER NOT NULL, listingMs INTEGER) STRICT;
    CREATE TABLE IF NOT EXISTS seen (
      watcher TEXT NOT NULL, blob TEXT NOT NULL, etag TEXT NOT NULL, createdOn INTEGER, length INTEGER NOT NULL,
      md5 TEXT, touched INTEGER NOT NULL, PRIMARY KEY (watcher, blob)) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS outbox (sequence INTEGER PRIMARY KEY, watcher TEXT NOT NULL, text TEXT NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS log (source TEXT PRIMARY KEY, inode TEXT NOT NULL, offset INTEGER NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS counter (last INTEGER NOT NULL) STRICT;
    PRAGMA user_version = ${SCHEMA_VERSION};`);
}
