/**
 * The state file: one SQLite database for each task hub, shared by all host processes on the machine.
 *
 * Invariants:
 * 1. `meta.version` is {@link SCHEMA_VERSION}; a file of another version is refused, never changed.
 * 2. A row with an owner is worked on by that host process alone, for as long as the owner's row in `hosts` exists.
 * 3. `inbox.seq` grows in the order of commits, so a process that has read up to a number has missed nothing below it.
 */
import { existsSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

export const SCHEMA_VERSION = 1;

/** Above this size the page check at the start, which reads the whole file, is left out. */
const LARGEST_CHECKED_FILE = 64 * 1024 * 1024;

const TABLES = `
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE hosts (id TEXT PRIMARY KEY, pid INTEGER NOT NULL, lease_until INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE instances (
  id TEXT PRIMARY KEY, execution_id TEXT NOT NULL, name TEXT NOT NULL, version TEXT, status TEXT NOT NULL,
  output TEXT, custom_status TEXT, created INTEGER NOT NULL, updated INTEGER NOT NULL, turns INTEGER NOT NULL DEFAULT 0,
  parent_id TEXT, parent_execution TEXT, parent_task INTEGER, owner TEXT
);
CREATE INDEX instances_by_creation ON instances (created, id);
CREATE INDEX instances_left ON instances (created) WHERE owner IS NULL AND status IN ('Pending', 'Running', 'Suspended');
CREATE TABLE inputs (instance_id TEXT PRIMARY KEY, input TEXT NOT NULL);
CREATE TABLE history (instance_id TEXT NOT NULL, turn INTEGER NOT NULL, events TEXT NOT NULL, PRIMARY KEY (instance_id, turn));
CREATE TABLE inbox (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, instance_id TEXT NOT NULL, execution_id TEXT, event TEXT NOT NULL, origin TEXT NOT NULL
);
CREATE INDEX inbox_by_instance ON inbox (instance_id, seq);
CREATE TABLE tasks (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, instance_id TEXT NOT NULL, execution_id TEXT NOT NULL, task_id INTEGER NOT NULL,
  work TEXT NOT NULL, owner TEXT
);
CREATE INDEX tasks_left ON tasks (seq) WHERE owner IS NULL;
CREATE TABLE timers (
  instance_id TEXT NOT NULL, execution_id TEXT NOT NULL, task_id INTEGER NOT NULL, fire_at INTEGER NOT NULL,
  PRIMARY KEY (instance_id, task_id)
) WITHOUT ROWID;
CREATE TABLE entities (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, key TEXT NOT NULL, present INTEGER NOT NULL, state TEXT, lock_holder TEXT,
  updated INTEGER NOT NULL
);
`;

/** The state file cannot be used. The message names the cause and the remedy. */
export class StateFileError extends Error {
  override readonly name = 'StateFileError';
}

/**
 * Opens or makes the state file.
 * @param file path, or `:memory:` for state that ends with the process.
 * @throws StateFileError when the file is damaged, of another version, or not a database.
 */
export function openDatabase(file: string): DatabaseSync {
  let db: DatabaseSync;
  try {
    db = new DatabaseSync(file);
  } catch (error) {
    throw new StateFileError(
      `The durable state ${file} cannot be opened: ${messageOf(error)}. Check the folder's permissions.`,
    );
  }
  try {
    db.exec('PRAGMA busy_timeout = 10000');
    if (file !== ':memory:' && existsSync(file) && statSync(file).size < LARGEST_CHECKED_FILE) checkPages(db, file);
    // Before the first table, or it has no effect: what a purge frees can then be given back to the disk, see Store.giveBack.
    db.exec('PRAGMA auto_vacuum = INCREMENTAL');
    db.exec('PRAGMA journal_mode = WAL');
    db.exec('PRAGMA synchronous = FULL');
    // The log is folded back into the file after 32 MB, not after 4: folding waits for the disk twice.
    db.exec('PRAGMA wal_autocheckpoint = 8192');
    db.exec('PRAGMA cache_size = -65536');
    createOrCheck(db, file);
    return db;
  } catch (error) {
    db.close();
    if (error instanceof StateFileError) throw error;
    throw damaged(file, messageOf(error));
  }
}

function checkPages(db: DatabaseSync, file: string): void {
  const [row] = db.prepare('PRAGMA quick_check(1)').all();
  const result = row?.['quick_check'];
  if (result !== 'ok') throw damaged(file, String(result));
}

function createOrCheck(db: DatabaseSync, file: string): void {
  db.exec('BEGIN IMMEDIATE');
  try {
    const known = db.prepare("SELECT count(*) AS n FROM sqlite_master WHERE name = 'meta'").get()?.['n'];
    const tables = db.prepare('SELECT count(*) AS n FROM sqlite_master').get()?.['n'];
    if (known === 0) {
      if (tables !== 0) throw damaged(file, 'it is a database of something else');
      db.exec(TABLES);
      db.prepare("INSERT INTO meta (key, value) VALUES ('version', ?)").run(String(SCHEMA_VERSION));
    }
    const version = Number(db.prepare("SELECT value FROM meta WHERE key = 'version'").get()?.['value']);
    if (version !== SCHEMA_VERSION)
      throw new StateFileError(
        `The durable state ${file} has version ${version}, this host knows version ${SCHEMA_VERSION}. ` +
          (version > SCHEMA_VERSION ? 'Use the newer host that wrote it' : 'Finish its instances with the older host') +
          ', or move the file away to start with empty state.',
      );
    db.exec('COMMIT');
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

function damaged(file: string, cause: string): StateFileError {
  return new StateFileError(
    `The durable state ${file} is damaged (${cause}). Nothing was changed. Restore it together with its -wal file from a copy, ` +
      'or move both away to start with empty state.',
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
