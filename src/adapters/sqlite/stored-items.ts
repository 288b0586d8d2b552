/** The file of items, and the port's operations on it, synchronous: they run in a thread. */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { latestOf, lookupsOf, withNote, type ItemNote, type ItemRecord } from '../../domain/items/item';
import { inTransaction } from './schema';

const BUSY_MS = 10_000;
/** Items that are removed in one transaction. */
const REMOVED_AT_ONCE = 500;

/** An item is found by many lookups, and by a lookup many are found. Times are milliseconds since the epoch. */
const TABLES = `
CREATE TABLE IF NOT EXISTS items (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, latest INTEGER NOT NULL, record TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS items_by_age ON items (latest);
CREATE TABLE IF NOT EXISTS lookups (lookup TEXT NOT NULL, item INTEGER NOT NULL, PRIMARY KEY (lookup, item)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS lookups_of_item ON lookups (item);
PRAGMA user_version = 1;
`;

/**
 * Opens the file, and makes it and its folder where they are missing. What was written last may be lost when the machine loses
 * its power, and is not when a process ends.
 */
export function openItems(file: string): DatabaseSync {
  mkdirSync(path.dirname(file), { recursive: true });
  const db = new DatabaseSync(file);
  try {
    db.exec(`PRAGMA busy_timeout = ${BUSY_MS}; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;`);
    const version = Number(db.prepare('PRAGMA user_version').get()?.['user_version']);
    if (version > 1)
      throw new Error(`${file} is of version ${version}, and this is version 1. Remove the file: it is made anew.`);
    if (version === 0) inTransaction(db, () => db.exec(TABLES));
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

export class StoredItems {
  readonly #known: StatementSync;
  readonly #insert: StatementSync;
  readonly #update: StatementSync;
  readonly #point: StatementSync;
  readonly #find: StatementSync;
  readonly #old: StatementSync;

  constructor(private readonly db: DatabaseSync) {
    this.#known = db.prepare('SELECT id, record FROM items WHERE key = ?');
    this.#insert = db.prepare('INSERT INTO items (key, latest, record) VALUES (?, ?, ?) RETURNING id');
    this.#update = db.prepare('UPDATE items SET latest = ?, record = ? WHERE id = ?');
    this.#point = db.prepare('INSERT OR IGNORE INTO lookups (lookup, item) VALUES (?, ?)');
    this.#find = db.prepare(
      'SELECT i.record FROM lookups l JOIN items i ON i.id = l.item WHERE l.lookup = ? ORDER BY i.latest DESC LIMIT ?',
    );
    this.#old = db.prepare('SELECT id FROM items WHERE latest < ? LIMIT ?');
  }

  put(notes: readonly ItemNote[]): void {
    inTransaction(this.db, () => {
      for (const note of notes) this.#putOne(note);
    });
  }

  find(lookup: string, limit: number): ItemRecord[] {
    return this.#find.all(lookup, limit).map(({ record }) => JSON.parse(String(record)) as ItemRecord);
  }

  /** Some of them; to be called until none is left. */
  removeBefore(beforeMs: number): { readonly removed: number; readonly kept: number } {
    const removed = inTransaction(this.db, () => {
      const old = this.#old.all(beforeMs, REMOVED_AT_ONCE);
      const unpoint = this.db.prepare('DELETE FROM lookups WHERE item = ?');
      const remove = this.db.prepare('DELETE FROM items WHERE id = ?');
      for (const { id = 0 } of old) {
        unpoint.run(id);
        remove.run(id);
      }
      return old.length;
    });
    const { kept } = this.db.prepare('SELECT count(*) AS kept FROM items').get() ?? {};
    return { removed, kept: Number(kept) };
  }

  #putOne(note: ItemNote): void {
    const key = `${note.pipeline} ${note.key}`;
    const known = this.#known.get(key);
    const before = known && (JSON.parse(String(known['record'])) as ItemRecord);
    const record = withNote(before, note);
    const [latest, text] = [latestOf(record), JSON.stringify(record)];
    let id = known?.['id'];
    if (id === undefined) id = this.#insert.get(key, latest, text)?.['id'];
    else this.#update.run(latest, text, id);
    const pointed = new Set(before && lookupsOf(before));
    for (const lookup of lookupsOf(record)) if (!pointed.has(lookup)) this.#point.run(lookup, Number(id));
  }
}
