import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { ActivityWork, HttpWork } from '../engine/history-event';

export interface TaskRow {
  readonly seq: number;
  readonly instanceId: string;
  readonly executionId: string;
  readonly taskId: number;
  readonly work: ActivityWork | HttpWork;
}

/** Activities and HTTP calls that are to run or are running. A row goes when its result is recorded. */
export class TaskTable {
  readonly #add: StatementSync;
  readonly #remove: StatementSync;
  readonly #removeOf: StatementSync;
  readonly #claim: StatementSync;
  readonly #ownedBy: StatementSync;
  readonly #idsOf: StatementSync;

  constructor(db: DatabaseSync) {
    const columns = 'seq, instance_id, execution_id, task_id, work';
    this.#add = db.prepare(
      'INSERT INTO tasks (instance_id, execution_id, task_id, work, owner) VALUES (?, ?, ?, ?, ?)',
    );
    this.#remove = db.prepare('DELETE FROM tasks WHERE seq = ?');
    this.#removeOf = db.prepare('DELETE FROM tasks WHERE instance_id = ?');
    this.#claim = db.prepare(
      `UPDATE tasks SET owner = ? WHERE seq IN (SELECT seq FROM tasks WHERE owner IS NULL ORDER BY seq LIMIT ?) RETURNING ${columns}`,
    );
    this.#ownedBy = db.prepare(`SELECT ${columns} FROM tasks WHERE owner = ? ORDER BY seq`);
    this.#idsOf = db.prepare('SELECT task_id FROM tasks WHERE instance_id = ? AND execution_id = ?');
  }

  /** @param owner undefined leaves it to whichever process has room. */
  add(task: Omit<TaskRow, 'seq'>, owner: string | undefined): number {
    const { instanceId, executionId, taskId, work } = task;
    return Number(this.#add.run(instanceId, executionId, taskId, JSON.stringify(work), owner ?? null).lastInsertRowid);
  }

  /** False when it was gone: its result is not to be recorded again. */
  remove(seq: number): boolean {
    return Number(this.#remove.run(seq).changes) === 1;
  }

  removeOf(instanceId: string): void {
    this.#removeOf.run(instanceId);
  }

  /** Takes up to `limit` tasks that nobody has. */
  claim(owner: string, limit: number): TaskRow[] {
    return this.#claim
      .all(owner, limit)
      .map(toRow)
      .sort((a, b) => a.seq - b.seq);
  }

  ownedBy(owner: string): TaskRow[] {
    return this.#ownedBy.all(owner).map(toRow);
  }

  /** Ids of tasks of one execution that have no result yet. */
  idsOf(instanceId: string, executionId: string): Set<number> {
    return new Set(this.#idsOf.all(instanceId, executionId).map((r) => r['task_id'] as number));
  }
}

function toRow(r: Record<string, unknown>): TaskRow {
  return {
    seq: r['seq'] as number,
    instanceId: r['instance_id'] as string,
    executionId: r['execution_id'] as string,
    taskId: r['task_id'] as number,
    work: JSON.parse(r['work'] as string) as ActivityWork | HttpWork,
  };
}
