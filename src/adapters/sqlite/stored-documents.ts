/** The port's operations on the open file, synchronous: they run in a thread (store-thread.ts). */
import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite';
import type { DocumentRecord, EmbeddingModel } from '../../domain/ingestion/document';
import { candidatesFor, fuseRankings } from '../../domain/ingestion/fuse-rankings';
import { orderKey, orderKeyPrefix } from '../../domain/ingestion/name-order';
import { wordsAsked } from '../../domain/ingestion/search-words';
import type {
  ChunkHit,
  ChunkQuery,
  DocumentKey,
  DocumentPage,
  DocumentStore,
  EmbeddedChunk,
  Expected,
  StandingDocument,
} from '../../ports/document-store';
import { inTransaction } from './schema';
import { HIDDEN, VectorTable } from './vector-table';
import { WordTable } from './word-table';

type Row = Record<string, SQLOutputValue>;
type Prepared = Awaited<ReturnType<DocumentStore['prepare']>>;

/** Chunks that are removed in one transaction, so that others may write between. */
const REMOVED_AT_ONCE = 500;

export class StoredDocuments {
  readonly #statements = new Map<string, StatementSync>();
  readonly #vectors: VectorTable;
  readonly #words: WordTable;

  constructor(private readonly db: DatabaseSync) {
    this.#vectors = new VectorTable(db);
    this.#words = new WordTable(db);
  }

  prepare(model: EmbeddingModel): Prepared {
    return inTransaction(this.db, () => {
      const holds = this.#model();
      if (holds && (holds.name !== model.name || holds.dimensions !== model.dimensions))
        return { kind: 'mixed', holds };
      if (!holds) {
        VectorTable.create(this.db, model.dimensions);
        this.#run("INSERT INTO meta (key, value) VALUES ('model', ?)", JSON.stringify(model));
      }
      return { kind: 'ready' };
    });
  }

  find({ projectId, documentId }: DocumentKey): StandingDocument | undefined {
    const row = this.#get('SELECT record, tag FROM documents WHERE project = ? AND id = ?', projectId, documentId);
    return row && standing(row);
  }

  list(projectId: string | undefined, limit: number, after: string | undefined): DocumentPage {
    // A project's places begin with its prefix, and U+0002 follows the prefix's last character.
    const [from, to] =
      projectId === undefined ? ['', '\uffff'] : [orderKeyPrefix(projectId), `${orderKey(projectId)}\u0002`];
    const rows = this.#all(
      'SELECT record, tag, place FROM documents WHERE place > ? AND place < ? ORDER BY place LIMIT ?',
      after ?? from,
      to,
      limit + 1,
    );
    const page = rows.slice(0, limit);
    const next = rows.length > limit ? String(page.at(-1)?.['place']) : undefined;
    return { documents: page.map(standing), ...(next === undefined ? {} : { next }) };
  }

  putChunks(key: DocumentKey, version: string, chunks: readonly EmbeddedChunk[]): void {
    const { dimensions } = this.#model() ?? { dimensions: 0 };
    for (const { vector } of chunks)
      if (vector.length !== dimensions)
        throw new Error(`A vector of ${vector.length} dimensions does not go into a store of ${dimensions}.`);
    inTransaction(this.db, () => {
      const project = this.#projectNumber(key.projectId);
      const number = this.#versionNumber(project, key.documentId, version);
      const seen = this.#get(
        'SELECT version FROM documents WHERE project = ? AND id = ?',
        key.projectId,
        key.documentId,
      );
      const scope = seen?.['version'] === version ? project : HIDDEN;
      for (const chunk of chunks) this.#putChunk({ project, version: number, scope }, chunk);
    });
  }

  replace(record: DocumentRecord, expected: Expected): 'replaced' | 'changed' {
    const { projectId, documentId, name, version } = record;
    return inTransaction(this.db, () => {
      const before = this.#get(
        'SELECT tag, version FROM documents WHERE project = ? AND id = ?',
        projectId,
        documentId,
      );
      if ((before ? String(before['tag']) : 'nothing') !== (expected === 'nothing' ? 'nothing' : expected.tag))
        return 'changed';
      this.#run("UPDATE meta SET value = CAST(value AS INTEGER) + 1 WHERE key = 'tags'");
      this.#run(
        `INSERT OR REPLACE INTO documents (project, id, place, version, record, tag)
         VALUES (?, ?, ?, ?, ?, (SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'tags'))`,
        projectId,
        documentId,
        orderKey(projectId, name, documentId),
        version,
        JSON.stringify(record),
      );
      if (before?.['version'] !== version) {
        if (before) this.#show(record, String(before['version']), false);
        this.#show(record, version, true);
      }
      return 'replaced';
    });
  }

  remove(key: DocumentKey, expected: string): 'removed' | 'changed' {
    const { projectId, documentId } = key;
    return inTransaction(this.db, () => {
      const before = this.#get(
        'SELECT tag, version FROM documents WHERE project = ? AND id = ?',
        projectId,
        documentId,
      );
      if (!before || String(before['tag']) !== expected) return 'changed';
      this.#run('DELETE FROM documents WHERE project = ? AND id = ?', projectId, documentId);
      this.#show(key, String(before['version']), false);
      return 'removed';
    });
  }

  removeChunks(key: DocumentKey, version: string): number {
    let removed = 0;
    for (;;) {
      const some = inTransaction(this.db, () => this.#removeSome(key, version));
      removed += some;
      if (some < REMOVED_AT_ONCE) return removed;
    }
  }

  search({ projectId, text, vector, k }: ChunkQuery): ChunkHit[] {
    if (!this.#model()) return [];
    const project = projectId === undefined ? undefined : this.#knownProject(projectId);
    if (projectId !== undefined && project === undefined) return [];
    // One transaction: what is near, what has the words and what it says are of one moment.
    this.db.exec('BEGIN');
    try {
      const nearest = this.#vectors.nearest(vector, candidatesFor(k), project);
      const similarities = new Map(nearest.map(({ id, similarity }) => [id, similarity]));
      const worded = this.#words.best(wordsAsked(text), candidatesFor(k), project);
      const fused = fuseRankings([nearest.map(({ id }) => id), worded], (id) => id);
      return fused.slice(0, k).flatMap(({ item: id, score }) => {
        const row = this.#get(
          `SELECT c.*, v.document, v.version AS name_of_version, p.id AS project, d.record FROM chunks c
           JOIN versions v ON v.number = c.version JOIN projects p ON p.number = v.project
           JOIN documents d ON d.project = p.id AND d.id = v.document AND d.version = v.version WHERE c.id = ?`,
          id,
        );
        return row ? [hit(row, score, similarities.get(id) ?? this.#vectors.similarity(id, vector))] : [];
      });
    } finally {
      this.db.exec('COMMIT');
    }
  }

  count(): { documents: number; chunks: number } {
    const row = this.#get(
      'SELECT (SELECT count(*) FROM documents) AS documents, (SELECT count(*) FROM chunks) AS chunks',
    );
    return { documents: Number(row?.['documents']), chunks: Number(row?.['chunks']) };
  }

  #putChunk(
    { project, version, scope }: { readonly project: number; readonly version: number; readonly scope: number },
    chunk: EmbeddedChunk,
  ): void {
    const known = this.#get('SELECT id FROM chunks WHERE version = ? AND ordinal = ?', version, chunk.ordinal);
    const row = this.#get(
      `INSERT OR REPLACE INTO chunks (id, version, ordinal, context_start, start, end, headings, tokens, text)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`,
      known?.['id'] ?? null,
      version,
      chunk.ordinal,
      chunk.contextStart,
      chunk.start,
      chunk.end,
      JSON.stringify(chunk.headings),
      chunk.tokens,
      chunk.text,
    );
    const id = Number(row?.['id']);
    this.#vectors.put(id, scope, chunk.vector, known === undefined);
    this.#words.put(id, project, chunk);
  }

  #show({ projectId, documentId }: DocumentKey, version: string, seen: boolean): void {
    const project = this.#knownProject(projectId);
    if (project === undefined) return;
    for (const id of this.#chunkIds(project, documentId, version)) this.#vectors.move(id, seen ? project : HIDDEN);
  }

  #removeSome({ projectId, documentId }: DocumentKey, version: string): number {
    const project = this.#knownProject(projectId);
    if (project === undefined) return 0;
    const ids = this.#chunkIds(project, documentId, version, REMOVED_AT_ONCE);
    for (const id of ids) {
      this.#vectors.remove(id);
      this.#words.remove(id);
      this.#run('DELETE FROM chunks WHERE id = ?', id);
    }
    if (ids.length < REMOVED_AT_ONCE)
      this.#run(
        'DELETE FROM versions WHERE project = ? AND document = ? AND version = ?',
        project,
        documentId,
        version,
      );
    if (ids.length > 0) this.#vectors.closeHoles();
    return ids.length;
  }

  #chunkIds(project: number, document: string, version: string, limit = -1): number[] {
    return this.#all(
      `SELECT c.id FROM chunks c JOIN versions v ON v.number = c.version
       WHERE v.project = ? AND v.document = ? AND v.version = ? LIMIT ?`,
      project,
      document,
      version,
      limit,
    ).map(({ id }) => Number(id));
  }

  #model(): EmbeddingModel | undefined {
    const row = this.#get("SELECT value FROM meta WHERE key = 'model'");
    return row && (JSON.parse(String(row['value'])) as EmbeddingModel);
  }

  #knownProject(id: string): number | undefined {
    const row = this.#get('SELECT number FROM projects WHERE id = ?', id);
    return row && Number(row['number']);
  }

  #projectNumber(id: string): number {
    this.#run('INSERT OR IGNORE INTO projects (id) VALUES (?)', id);
    return Number(this.#get('SELECT number FROM projects WHERE id = ?', id)?.['number']);
  }

  #versionNumber(project: number, document: string, version: string): number {
    this.#run(
      'INSERT OR IGNORE INTO versions (project, document, version) VALUES (?, ?, ?)',
      project,
      document,
      version,
    );
    const row = this.#get(
      'SELECT number FROM versions WHERE project = ? AND document = ? AND version = ?',
      project,
      document,
      version,
    );
    return Number(row?.['number']);
  }

  #run(sql: string, ...values: (string | number)[]): void {
    this.#prepared(sql).run(...values);
  }

  #get(sql: string, ...values: (SQLOutputValue | null)[]): Row | undefined {
    return this.#prepared(sql).get(...values);
  }

  #all(sql: string, ...values: (string | number)[]): Row[] {
    return this.#prepared(sql).all(...values);
  }

  #prepared(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known) return known;
    const made = this.db.prepare(sql);
    this.#statements.set(sql, made);
    return made;
  }
}

function standing(row: Row): StandingDocument {
  return { record: JSON.parse(String(row['record'])) as DocumentRecord, tag: String(row['tag']) };
}

function hit(row: Row, score: number, similarity: number): ChunkHit {
  const { projectId, documentId, name, version } = JSON.parse(String(row['record'])) as DocumentRecord;
  return {
    document: { projectId, documentId, name, version },
    chunk: {
      ordinal: Number(row['ordinal']),
      contextStart: Number(row['context_start']),
      start: Number(row['start']),
      end: Number(row['end']),
      headings: JSON.parse(String(row['headings'])) as string[],
      tokens: Number(row['tokens']),
      text: String(row['text']),
    },
    score,
    similarity,
  };
}
