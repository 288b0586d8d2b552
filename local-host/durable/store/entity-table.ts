import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';

export interface EntityRow {
  /** `@name@key`, the name in lower case. */
  readonly id: string;
  readonly name: string;
  readonly key: string;
  readonly present: boolean;
  /** JSON text. */
  readonly state: string | undefined;
  /** Instance id of the orchestration that holds the lock. */
  readonly lockHolder: string | undefined;
  readonly updated: number;
}

export interface EntityFilter {
  readonly name?: string;
  readonly updatedFrom?: number;
  readonly updatedTo?: number;
  readonly top: number;
  readonly after?: string;
}

/** State and locks of entities. Their letters and owners are in `inbox` and `instances`, under the same id. */
export class EntityTable {
  readonly #get: StatementSync;
  readonly #put: StatementSync;
  readonly #remove: StatementSync;

  constructor(private readonly db: DatabaseSync) {
    this.#get = db.prepare('SELECT * FROM entities WHERE id = ?');
    this.#put = db.prepare(
      'INSERT OR REPLACE INTO entities (id, name, key, present, state, lock_holder, updated) VALUES (?, ?, ?, ?, ?, ?, ?)',
    );
    this.#remove = db.prepare('DELETE FROM entities WHERE id = ?');
  }

  get(id: string): EntityRow | undefined {
    const row = this.#get.get(id);
    return row && toRow(row);
  }

  put(row: EntityRow): void {
    this.#put.run(
      row.id,
      row.name,
      row.key,
      row.present ? 1 : 0,
      row.state ?? null,
      row.lockHolder ?? null,
      row.updated,
    );
  }

  remove(id: string): void {
    this.#remove.run(id);
  }

  /** Entities that exist, by id. */
  list(filter: EntityFilter): EntityRow[] {
    const where = ['present = 1'];
    const values: SQLInputValue[] = [];
    const add = (condition: string, value: SQLInputValue | undefined): void => {
      if (value === undefined) return;
      where.push(condition);
      values.push(value);
    };
    add('name = ?', filter.name);
    add('updated >= ?', filter.updatedFrom);
    add('updated <= ?', filter.updatedTo);
    add('id > ?', filter.after);
    const sql = `SELECT * FROM entities WHERE ${where.join(' AND ')} ORDER BY id LIMIT ?`;
    return this.db
      .prepare(sql)
      .all(...values, filter.top)
      .map(toRow);
  }
}

function toRow(r: Record<string, unknown>): EntityRow {
  return {
    id: r['id'] as string,
    name: r['name'] as string,
    key: r['key'] as string,
    present: r['present'] === 1,
    state: (r['state'] as string | null) ?? undefined,
    lockHolder: (r['lock_holder'] as string | null) ?? undefined,
    updated: r['updated'] as number,
  };
}
