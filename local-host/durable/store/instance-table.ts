import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import type { HistoryEvent } from '../engine/history-event';

/** As the management API names them. */
export type RuntimeStatus = 'Pending' | 'Running' | 'Suspended' | 'Completed' | 'Failed' | 'Terminated';

export interface ParentRef {
  readonly instanceId: string;
  readonly executionId: string;
  readonly taskId: number;
}

export interface InstanceRow {
  readonly id: string;
  readonly executionId: string;
  readonly name: string;
  readonly version: string | undefined;
  readonly status: RuntimeStatus;
  /** JSON text. */
  readonly output: string | undefined;
  /** JSON text. */
  readonly customStatus: string | undefined;
  readonly created: number;
  readonly updated: number;
  /** How many turns the history has. */
  readonly turns: number;
  readonly parent: ParentRef | undefined;
  readonly owner: string | undefined;
}

export interface InstanceFilter {
  readonly statuses?: readonly RuntimeStatus[];
  readonly createdFrom?: number;
  readonly createdTo?: number;
  readonly prefix?: string;
  readonly top?: number;
  /** Where the last page ended. */
  readonly after?: { readonly created: number; readonly id: string };
}

export function isOver(status: RuntimeStatus): boolean {
  return status === 'Completed' || status === 'Failed' || status === 'Terminated';
}

/** Orchestrations and entities: what they are, how they stand, and their history, one row for each turn. */
export class InstanceTable {
  readonly #get: StatementSync;
  readonly #put: StatementSync;
  readonly #progress: StatementSync;
  readonly #input: StatementSync;
  readonly #putInput: StatementSync;
  readonly #addTurn: StatementSync;
  readonly #history: StatementSync;
  readonly #removeHistory: StatementSync;
  readonly #setOwner: StatementSync;
  readonly #adopt: StatementSync;
  #removeAll: readonly StatementSync[] | undefined;

  constructor(private readonly db: DatabaseSync) {
    this.#get = db.prepare('SELECT * FROM instances WHERE id = ?');
    this.#put = db.prepare(
      `INSERT OR REPLACE INTO instances (id, execution_id, name, version, status, output, custom_status, created, updated, turns,
       parent_id, parent_execution, parent_task, owner) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#progress = db.prepare(
      'UPDATE instances SET status = ?, output = ?, custom_status = ?, updated = ?, turns = ? WHERE id = ?',
    );
    this.#input = db.prepare('SELECT input FROM inputs WHERE instance_id = ?');
    this.#putInput = db.prepare('INSERT OR REPLACE INTO inputs (instance_id, input) VALUES (?, ?)');
    this.#addTurn = db.prepare('INSERT INTO history (instance_id, turn, events) VALUES (?, ?, ?)');
    this.#history = db.prepare('SELECT events FROM history WHERE instance_id = ? ORDER BY turn');
    this.#removeHistory = db.prepare('DELETE FROM history WHERE instance_id = ?');
    this.#setOwner = db.prepare('UPDATE instances SET owner = ? WHERE id = ?');
    this.#adopt = db.prepare(
      `UPDATE instances SET owner = ? WHERE owner IS NULL AND status IN ('Pending', 'Running', 'Suspended') RETURNING id`,
    );
  }

  get(id: string): InstanceRow | undefined {
    const row = this.#get.get(id);
    return row && toRow(row);
  }

  put(row: InstanceRow): void {
    const { parent } = row;
    this.#put.run(
      ...[
        row.id,
        row.executionId,
        row.name,
        row.version ?? null,
        row.status,
        row.output ?? null,
        row.customStatus ?? null,
      ],
      ...[
        row.created,
        row.updated,
        row.turns,
        parent?.instanceId ?? null,
        parent?.executionId ?? null,
        parent?.taskId ?? null,
      ],
      row.owner ?? null,
    );
  }

  progress(row: Pick<InstanceRow, 'id' | 'status' | 'output' | 'customStatus' | 'updated' | 'turns'>): void {
    this.#progress.run(row.status, row.output ?? null, row.customStatus ?? null, row.updated, row.turns, row.id);
  }

  setOwner(id: string, owner: string): void {
    this.#setOwner.run(owner, id);
  }

  /** Takes over every unfinished instance that nobody owns. */
  adopt(owner: string): string[] {
    return this.#adopt.all(owner).map((r) => r['id'] as string);
  }

  /** JSON text. */
  input(id: string): string {
    return (this.#input.get(id)?.['input'] as string | undefined) ?? 'null';
  }

  putInput(id: string, input: string): void {
    this.#putInput.run(id, input);
  }

  addTurn(id: string, turn: number, events: readonly HistoryEvent[]): void {
    this.#addTurn.run(id, turn, JSON.stringify(events));
  }

  history(id: string): HistoryEvent[] {
    return this.#history.all(id).flatMap((r) => JSON.parse(r['events'] as string) as HistoryEvent[]);
  }

  removeHistory(id: string): void {
    this.#removeHistory.run(id);
  }

  remove(id: string): void {
    this.#removeAll ??= OF_ONE_INSTANCE.map(([table, column]) =>
      this.db.prepare(`DELETE FROM ${table} WHERE ${column} = ?`),
    );
    for (const statement of this.#removeAll) statement.run(id);
  }

  /** By time of creation. */
  list(filter: InstanceFilter): InstanceRow[] {
    const where: string[] = ['1'];
    const values: SQLInputValue[] = [];
    const add = (condition: string, ...of: SQLInputValue[]): void => {
      where.push(condition);
      values.push(...of);
    };
    if (filter.statuses) add(`status IN (${filter.statuses.map(() => '?').join(', ')})`, ...filter.statuses);
    if (filter.createdFrom !== undefined) add('created >= ?', filter.createdFrom);
    if (filter.createdTo !== undefined) add('created <= ?', filter.createdTo);
    if (filter.prefix !== undefined) add('substr(id, 1, ?) = ?', filter.prefix.length, filter.prefix);
    if (filter.after) add('(created, id) > (?, ?)', filter.after.created, filter.after.id);
    const limit = filter.top ?? -1;
    const sql = `SELECT * FROM instances WHERE ${where.join(' AND ')} ORDER BY created, id LIMIT ?`;
    return this.db
      .prepare(sql)
      .all(...values, limit)
      .map(toRow);
  }
}

const OF_ONE_INSTANCE = [
  ['instances', 'id'],
  ['inputs', 'instance_id'],
  ['history', 'instance_id'],
  ['inbox', 'instance_id'],
  ['tasks', 'instance_id'],
  ['timers', 'instance_id'],
  ['entities', 'id'],
] as const;

function toRow(r: Record<string, unknown>): InstanceRow {
  const parentId = r['parent_id'] as string | null;
  return {
    id: r['id'] as string,
    executionId: r['execution_id'] as string,
    name: r['name'] as string,
    version: (r['version'] as string | null) ?? undefined,
    status: r['status'] as RuntimeStatus,
    output: (r['output'] as string | null) ?? undefined,
    customStatus: (r['custom_status'] as string | null) ?? undefined,
    created: r['created'] as number,
    updated: r['updated'] as number,
    turns: r['turns'] as number,
    parent:
      parentId === null
        ? undefined
        : { instanceId: parentId, executionId: r['parent_execution'] as string, taskId: r['parent_task'] as number },
    owner: (r['owner'] as string | null) ?? undefined,
  };
}
