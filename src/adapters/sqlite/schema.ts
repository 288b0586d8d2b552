/**
 * The file of the embedded store: one SQLite database, which several processes of one machine may have open.
 * Invariants: 1. a chunk is in `chunks`, `vectors` and `words` under one id, or in none of them; 2. `vectors.scope` is the number of the
 * chunk's project while its version is the one that the document's record names, and 0 else, so that a search reads one
 * number; 3. what a reader sees of a replacement is all of it or nothing (one transaction).
 */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { WordTable } from './word-table';

const SCHEMA_VERSION = '2';
/** As version 2, without `words`. */
const WITHOUT_WORDS = '1';

/** How long a call waits for another process that writes. */
const BUSY_MS = 10_000;
/** The same while the file is opened: another may be bringing it up to date. */
const OPENING_MS = 120_000;

/** Vectors that are stored, and read, together. Holes that removals leave are closed by {@link VectorTable.closeHoles}. */
export const VECTORS_PER_BLOCK = 256;

const TABLES = `
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS projects (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS documents (
  project TEXT NOT NULL, id TEXT NOT NULL, place TEXT NOT NULL UNIQUE, version TEXT NOT NULL, record TEXT NOT NULL,
  tag INTEGER NOT NULL, PRIMARY KEY (project, id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS versions (
  number INTEGER PRIMARY KEY, project INTEGER NOT NULL, document TEXT NOT NULL, version TEXT NOT NULL,
  UNIQUE (project, document, version)
);
CREATE TABLE IF NOT EXISTS chunks (
  id INTEGER PRIMARY KEY, version INTEGER NOT NULL, ordinal INTEGER NOT NULL, context_start INTEGER NOT NULL,
  start INTEGER NOT NULL, end INTEGER NOT NULL, headings TEXT NOT NULL, tokens INTEGER NOT NULL, text TEXT NOT NULL,
  UNIQUE (version, ordinal)
);
`;

/**
 * Opens the file, and makes it and its folder where they are missing.
 *
 * @throws Error when the file is no store of this version, or sqlite-vec has no build for this system.
 */
export function openStore(file: string): DatabaseSync {
  mkdirSync(path.dirname(file), { recursive: true });
  const db = new DatabaseSync(file, { allowExtension: true });
  try {
    loadVectors(db);
    db.exec(`PRAGMA busy_timeout = ${OPENING_MS}`);
    // Before the first table, or it has no effect. A block of vectors is read page by page.
    db.exec('PRAGMA page_size = 16384');
    db.exec('PRAGMA journal_mode = WAL');
    db.exec('PRAGMA synchronous = FULL');
    db.exec('PRAGMA mmap_size = 1073741824');
    db.exec('BEGIN IMMEDIATE');
    db.exec(TABLES);
    const found = bringUpToDate(db);
    db.exec('COMMIT');
    if (found !== SCHEMA_VERSION)
      throw new Error(
        `The vector store ${file} is of version ${String(found)}, and this is version ${SCHEMA_VERSION}. Remove the file, and the documents are ingested anew.`,
      );
    db.exec(`PRAGMA busy_timeout = ${BUSY_MS}`);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Answers the version that the file is of then. */
function bringUpToDate(db: DatabaseSync): unknown {
  const found = db.prepare("SELECT value FROM meta WHERE key = 'schema'").get()?.['value'];
  if (found !== undefined && found !== WITHOUT_WORDS) return found;
  WordTable.create(db);
  if (found === WITHOUT_WORDS) fillWords(db);
  else db.exec("INSERT INTO meta (key, value) VALUES ('tags', '0')");
  db.prepare("INSERT OR REPLACE INTO meta (key, value) VALUES ('schema', ?)").run(SCHEMA_VERSION);
  return SCHEMA_VERSION;
}

/** Some 10,000 chunks a second. */
function fillWords(db: DatabaseSync): void {
  const words = new WordTable(db);
  const chunks = db.prepare(
    'SELECT c.id, v.project, c.headings, c.text FROM chunks c JOIN versions v ON v.number = c.version',
  );
  for (const { id, project, headings, text } of chunks.iterate())
    words.put(Number(id), Number(project), {
      headings: JSON.parse(String(headings)) as string[],
      text: String(text),
    });
}

function loadVectors(db: DatabaseSync): void {
  try {
    const { getLoadablePath } = require('sqlite-vec') as typeof import('sqlite-vec');
    db.loadExtension(getLoadablePath());
  } catch (error) {
    throw new Error(
      `The embedded vector store needs sqlite-vec, which could not be loaded on ${process.platform}-${process.arch}: ${(error as Error).message}. Run npm ci, or set VECTOR_STORE=cosmos.`,
      { cause: error },
    );
  }
}

/** Runs `work` in a transaction that is there from its first statement: no other process writes meanwhile. */
export function inTransaction<T>(db: DatabaseSync, work: () => T): T {
  db.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    db.exec('COMMIT');
    return result;
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}
