import type { DatabaseSync, StatementSync } from 'node:sqlite';

export interface HostRow {
  readonly id: string;
  readonly pid: number;
  readonly leaseUntil: number;
}

/** The host processes that share the task hub. Times are the machine's, whatever clock the app runs on. */
export class HostTable {
  readonly #has: StatementSync;
  readonly #put: StatementSync;
  readonly #renew: StatementSync;
  readonly #remove: StatementSync;
  readonly #all: StatementSync;

  constructor(private readonly db: DatabaseSync) {
    this.#has = db.prepare('SELECT 1 FROM hosts WHERE id = ?');
    this.#put = db.prepare('INSERT OR REPLACE INTO hosts (id, pid, lease_until) VALUES (?, ?, ?)');
    this.#renew = db.prepare('UPDATE hosts SET lease_until = ? WHERE id = ?');
    this.#remove = db.prepare('DELETE FROM hosts WHERE id = ?');
    this.#all = db.prepare('SELECT id, pid, lease_until FROM hosts ORDER BY id');
  }

  has(id: string): boolean {
    return this.#has.get(id) !== undefined;
  }

  /** Outside of any transaction, because a process that is not yet registered may write nothing else. */
  register(row: HostRow): void {
    this.#put.run(row.id, row.pid, row.leaseUntil);
  }

  renew(id: string, leaseUntil: number): void {
    this.#renew.run(leaseUntil, id);
  }

  /** From here on the process with this id can write nothing; its work has no owner. */
  remove(id: string): void {
    this.#remove.run(id);
    this.db.prepare('UPDATE instances SET owner = NULL WHERE owner = ?').run(id);
    this.db.prepare('UPDATE tasks SET owner = NULL WHERE owner = ?').run(id);
  }

  all(): HostRow[] {
    return this.#all
      .all()
      .map((r) => ({ id: r['id'] as string, pid: r['pid'] as number, leaseUntil: r['lease_until'] as number }));
  }
}
