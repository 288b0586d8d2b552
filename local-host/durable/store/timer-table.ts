import type { DatabaseSync, StatementSync } from 'node:sqlite';

export interface TimerRow {
  readonly instanceId: string;
  readonly executionId: string;
  readonly taskId: number;
  readonly fireAt: number;
}

/** Durable timers that have not fired. They belong to whoever owns their instance. */
export class TimerTable {
  readonly #add: StatementSync;
  readonly #remove: StatementSync;
  readonly #removeOf: StatementSync;
  readonly #ownedBy: StatementSync;
  readonly #of: StatementSync;

  constructor(db: DatabaseSync) {
    const columns = 't.instance_id, t.execution_id, t.task_id, t.fire_at';
    this.#add = db.prepare(
      'INSERT OR REPLACE INTO timers (instance_id, execution_id, task_id, fire_at) VALUES (?, ?, ?, ?)',
    );
    this.#remove = db.prepare('DELETE FROM timers WHERE instance_id = ? AND execution_id = ? AND task_id = ?');
    this.#removeOf = db.prepare('DELETE FROM timers WHERE instance_id = ?');
    this.#ownedBy = db.prepare(
      `SELECT ${columns} FROM timers t JOIN instances i ON i.id = t.instance_id WHERE i.owner = ?`,
    );
    this.#of = db.prepare(`SELECT ${columns} FROM timers t WHERE t.instance_id = ?`);
  }

  add({ instanceId, executionId, taskId, fireAt }: TimerRow): void {
    this.#add.run(instanceId, executionId, taskId, fireAt);
  }

  /** False when it was gone: fired or cancelled before. */
  remove(instanceId: string, executionId: string, taskId: number): boolean {
    return Number(this.#remove.run(instanceId, executionId, taskId).changes) === 1;
  }

  removeOf(instanceId: string): void {
    this.#removeOf.run(instanceId);
  }

  ownedBy(owner: string): TimerRow[] {
    return this.#ownedBy.all(owner).map(toRow);
  }

  of(instanceId: string): TimerRow[] {
    return this.#of.all(instanceId).map(toRow);
  }
}

function toRow(r: Record<string, unknown>): TimerRow {
  return {
    instanceId: r['instance_id'] as string,
    executionId: r['execution_id'] as string,
    taskId: r['task_id'] as number,
    fireAt: r['fire_at'] as number,
  };
}
