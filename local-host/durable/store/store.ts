/**
 * All reading and writing of the state file. Writes that come in during one turn of the event loop share one transaction,
 * hence one wait for the disk.
 *
 * Invariants:
 * 1. A write's promise settles, and its `after` callbacks run, only once its transaction is on the disk.
 * 2. Writes run in the order in which they were asked for.
 * 3. A process whose row in `hosts` is gone writes nothing (see {@link FencedError}): its work belongs to others by now.
 */
import type { DatabaseSync } from 'node:sqlite';
import { HostTable } from './host-table';
import { InboxTable } from './inbox-table';
import { InstanceTable } from './instance-table';
import { EntityTable } from './entity-table';
import { TaskTable } from './task-table';
import { TimerTable } from './timer-table';
import { openDatabase } from './schema';

/** Another process took this one for dead. What it was doing is done by others. */
export class FencedError extends Error {
  override readonly name = 'FencedError';
}

export interface Tables {
  readonly hosts: HostTable;
  readonly instances: InstanceTable;
  readonly inbox: InboxTable;
  readonly tasks: TaskTable;
  readonly timers: TimerTable;
  readonly entities: EntityTable;
}

export interface Transaction extends Tables {
  /** Runs once the transaction is on the disk. */
  after(callback: () => void): void;
}

interface Write {
  readonly run: (tx: Transaction) => unknown;
  readonly resolve: (value: never) => void;
  readonly reject: (error: unknown) => void;
}

/** Free pages that are kept for what comes next, and those that are given back at a time. A page has 4 KiB. */
const SPARE_PAGES = 1024;
const PAGES_AT_A_TIME = 2048;

export class Store {
  readonly #db: DatabaseSync;
  readonly #tables: Tables;
  #queue: Write[] = [];
  #scheduled: NodeJS.Immediate | undefined;
  #closed = false;
  /** Called when a commit finds that this process was taken for dead. */
  onFenced: () => void = () => undefined;
  /** Commits and the writes in them, for figures. */
  commits = 0;
  writes = 0;

  constructor(
    file: string,
    readonly hostId: string,
  ) {
    this.#db = openDatabase(file);
    this.#tables = {
      hosts: new HostTable(this.#db),
      instances: new InstanceTable(this.#db),
      inbox: new InboxTable(this.#db, hostId),
      tasks: new TaskTable(this.#db),
      timers: new TimerTable(this.#db),
      entities: new EntityTable(this.#db),
    };
  }

  /** For reading outside of transactions; sees everything that is committed. */
  get read(): Tables {
    return this.#tables;
  }

  /** Changes whenever another process wrote. */
  dataVersion(): number {
    return Number(this.#db.prepare('PRAGMA data_version').get()?.['data_version']);
  }

  /** Queues a write for the next commit. */
  write<T>(run: (tx: Transaction) => T): Promise<T> {
    if (this.#closed) return Promise.reject(new Error('The durable state is closed.'));
    return new Promise<T>((resolve, reject) => {
      this.#queue.push({ run, resolve, reject });
      this.#scheduled ??= setImmediate(() => this.#flush());
    });
  }

  /**
   * Gives the disk what a purge has freed, but for 4 MiB; the file shrinks at the next checkpoint. In steps, so that commits
   * come between. A file that was
   * made without `auto_vacuum` cannot shrink; it only uses its free pages again.
   */
  giveBack(): void {
    setImmediate(() => {
      if (this.#closed) return;
      const free = Number(this.#db.prepare('PRAGMA freelist_count').get()?.['freelist_count']);
      if (free <= SPARE_PAGES) return;
      try {
        this.#db.exec(`PRAGMA incremental_vacuum(${Math.min(PAGES_AT_A_TIME, free - SPARE_PAGES)})`);
      } catch {
        // Another process writes just now; the pages are used again or given back by the next purge.
        return;
      }
      const left = Number(this.#db.prepare('PRAGMA freelist_count').get()?.['freelist_count']);
      if (left < free) this.giveBack();
    });
  }

  /** Commits what is queued and closes the file. */
  close(): void {
    if (this.#closed) return;
    if (this.#scheduled) clearImmediate(this.#scheduled);
    this.#flush();
    this.#closed = true;
    this.#db.close();
  }

  #flush(): void {
    this.#scheduled = undefined;
    const batch = this.#queue;
    this.#queue = [];
    if (batch.length === 0) return;
    if (this.#commit(batch)) return;
    // One of them is at fault: each gets a transaction of its own, so that it fails alone.
    for (const write of batch) this.#commit([write], true);
  }

  #commit(batch: readonly Write[], alone = false): boolean {
    const callbacks: (() => void)[] = [];
    const tx: Transaction = { ...this.#tables, after: (callback) => void callbacks.push(callback) };
    const results: unknown[] = [];
    try {
      this.#db.exec('BEGIN IMMEDIATE');
      if (!this.#tables.hosts.has(this.hostId)) throw new FencedError('This host process was taken for dead.');
      for (const write of batch) results.push(write.run(tx));
      this.#db.exec('COMMIT');
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      if (error instanceof FencedError) this.onFenced();
      if (batch.length > 1 && !(error instanceof FencedError)) return false;
      for (const write of batch) write.reject(error);
      return alone || batch.length === 1 || error instanceof FencedError;
    }
    this.commits++;
    this.writes += batch.length;
    batch.forEach((write, i) => write.resolve(results[i] as never));
    for (const callback of callbacks) callback();
    return true;
  }
}
