/** The vectors, in a virtual table of sqlite-vec (https://alexgarcia.xyz/sqlite-vec/features/vec0.html). */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { VECTORS_PER_BLOCK } from './schema';

export interface NearVector {
  readonly id: number;
  /** Cosine. */
  readonly similarity: number;
}

/** Scope of vectors that no search sees. */
export const HIDDEN = 0;

/** Blocks that are emptied at most after a removal. */
const BLOCKS_AT_ONCE = 4;

export class VectorTable {
  readonly #statements = new Map<string, StatementSync>();

  constructor(private readonly db: DatabaseSync) {}

  /** Makes the table, within a transaction. */
  static create(db: DatabaseSync, dimensions: number): void {
    db.exec(
      `CREATE VIRTUAL TABLE IF NOT EXISTS vectors USING vec0 (id INTEGER PRIMARY KEY, scope INTEGER, vector FLOAT[${dimensions}], chunk_size=${VECTORS_PER_BLOCK})`,
    );
  }

  put(id: number, scope: number, vector: Float32Array, isNew: boolean): void {
    if (!isNew) this.remove(id);
    this.#prepared('INSERT INTO vectors (id, scope, vector) VALUES (?, ?, ?)').run(
      BigInt(id),
      BigInt(scope),
      bytesOf(vector),
    );
  }

  move(id: number, scope: number): void {
    this.#prepared('UPDATE vectors SET scope = ? WHERE id = ?').run(BigInt(scope), BigInt(id));
  }

  remove(id: number): void {
    this.#prepared('DELETE FROM vectors WHERE id = ?').run(BigInt(id));
  }

  /**
   * The `k` nearest that are seen, best first, in one scope or in all: every one of them is compared, so nothing near is missed.
   * Lengths are 1, so that the order by distance is that by cosine: distance² = 2 − 2·cosine.
   */
  nearest(vector: Float32Array, k: number, scope: number | undefined): NearVector[] {
    const filter = scope === undefined ? 'scope > 0' : 'scope = ?';
    return this.#prepared(`SELECT id, distance FROM vectors WHERE vector MATCH ? AND k = ? AND ${filter}`)
      .all(bytesOf(vector), BigInt(k), ...(scope === undefined ? [] : [BigInt(scope)]))
      .map(({ id, distance }) => ({ id: Number(id), similarity: 1 - Number(distance) ** 2 / 2 }));
  }

  /** Of one that may not be among the nearest. */
  similarity(id: number, vector: Float32Array): number {
    const bytes = this.#prepared('SELECT vector FROM vectors WHERE id = ?').get(BigInt(id))?.['vector'];
    if (!(bytes instanceof Uint8Array)) return 0;
    // A copy lies where a float may begin.
    const own = new Float32Array(bytes.slice().buffer);
    return own.reduce((sum, value, i) => sum + value * (vector[i] ?? 0), 0);
  }

  /**
   * sqlite-vec gives a block back when it is empty, and never fills a hole. Once there are more holes than vectors, those of the
   * emptiest blocks move to the end, some at a time, so that the table stays within about twice of what it holds.
   */
  closeHoles(): void {
    const blocks = this.#prepared(
      'SELECT chunk_id AS block, count(*) AS held FROM vectors_rowids GROUP BY chunk_id ORDER BY held, chunk_id',
    ).all();
    const held = blocks.reduce((sum, block) => sum + Number(block['held']), 0);
    if (blocks.length * VECTORS_PER_BLOCK <= 2 * held + BLOCKS_AT_ONCE * VECTORS_PER_BLOCK) return;
    const ids = this.#prepared('SELECT rowid AS id FROM vectors_rowids WHERE chunk_id = ?');
    for (const { block } of blocks.slice(0, BLOCKS_AT_ONCE))
      for (const row of ids.all(block ?? null)) this.#rewrite(Number(row['id']));
  }

  #rewrite(id: number): void {
    const found = this.#prepared('SELECT scope, vector FROM vectors WHERE id = ?').get(BigInt(id));
    if (!found) return;
    this.remove(id);
    this.#prepared('INSERT INTO vectors (id, scope, vector) VALUES (?, ?, ?)').run(
      BigInt(id),
      BigInt(Number(found['scope'])),
      found['vector'] ?? null,
    );
  }

  #prepared(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known) return known;
    const made = this.db.prepare(sql);
    this.#statements.set(sql, made);
    return made;
  }
}

function bytesOf(vector: Float32Array): Uint8Array {
  return new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
}
