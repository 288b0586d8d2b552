import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { EntityRequest } from '../engine/entity';
import type { InboxEvent } from '../engine/history-event';

/** What waits for an orchestration or an entity. */
export type Letter = InboxEvent | EntityRequest;

export interface InboxRow {
  readonly seq: number;
  readonly instanceId: string;
  readonly letter: Letter;
}

/**
 * Letters to instances. Bound to one execution when given its id, else for whichever execution runs.
 *
 * Another process may commit between any two reads. So whoever reads letters says up to which number, having asked for the
 * last one before, and reads on from there: each letter is read once.
 */
export class InboxTable {
  readonly #add: StatementSync;
  readonly #remove: StatementSync;
  readonly #removeAll: StatementSync;
  readonly #removeBound: StatementSync;
  readonly #has: StatementSync;
  readonly #of: StatementSync;
  readonly #between: StatementSync;
  readonly #last: StatementSync;

  constructor(
    db: DatabaseSync,
    private readonly origin: string,
  ) {
    this.#add = db.prepare('INSERT INTO inbox (instance_id, execution_id, event, origin) VALUES (?, ?, ?, ?)');
    this.#remove = db.prepare('DELETE FROM inbox WHERE seq = ?');
    this.#removeAll = db.prepare('DELETE FROM inbox WHERE instance_id = ?');
    this.#removeBound = db.prepare('DELETE FROM inbox WHERE instance_id = ? AND execution_id IS NOT NULL');
    this.#has = db.prepare('SELECT 1 FROM inbox WHERE seq = ?');
    this.#of = db.prepare('SELECT seq, instance_id, event FROM inbox WHERE instance_id = ? AND seq <= ? ORDER BY seq');
    this.#between = db.prepare(
      `SELECT b.seq, b.instance_id, b.event FROM inbox b JOIN instances i ON i.id = b.instance_id
       WHERE b.seq > ? AND b.seq <= ? AND b.origin <> ? AND i.owner = ? ORDER BY b.seq`,
    );
    this.#last = db.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'inbox'");
  }

  add(instanceId: string, executionId: string | undefined, letter: Letter): number {
    return Number(this.#add.run(instanceId, executionId ?? null, JSON.stringify(letter), this.origin).lastInsertRowid);
  }

  /** False once a commit has taken it. */
  has(seq: number): boolean {
    return this.#has.get(seq) !== undefined;
  }

  remove(seq: number): void {
    this.#remove.run(seq);
  }

  removeAll(instanceId: string): void {
    this.#removeAll.run(instanceId);
  }

  /** Letters that were meant for an execution that is over. */
  removeBound(instanceId: string): void {
    this.#removeBound.run(instanceId);
  }

  /** @param upTo the last number to read. @default all there are; only for reading within a transaction */
  of(instanceId: string, upTo = Number.MAX_SAFE_INTEGER): InboxRow[] {
    return this.#of.all(instanceId, upTo).map(toRow);
  }

  /** Letters that other processes wrote, after one number and up to another, to instances that `owner` works on. */
  between(after: number, upTo: number, owner: string): InboxRow[] {
    return this.#between.all(after, upTo, this.origin, owner).map(toRow);
  }

  lastSeq(): number {
    return Number(this.#last.get()?.['seq'] ?? 0);
  }
}

function toRow(r: Record<string, unknown>): InboxRow {
  return {
    seq: r['seq'] as number,
    instanceId: r['instance_id'] as string,
    letter: JSON.parse(r['event'] as string) as Letter,
  };
}
