/**
 * All reading and writing of the state file. Writes that come in during one turn of the event loop share one transaction,
 * hence one wait for the disk.
 *
 * Invariants:
 * 1. A write's promise settles, and its `after` callbacks run, only once its transaction is on the disk.
 * 2. Writes run in the order in which they were asked for.
 * 3. What a full disk or a lock held by others keeps from being written is written later (see {@link Store.insist}).
 * 4. A process whose row in `hosts` is gone writes nothing (see {@link FencedError}): its work belongs to others by now.
 */
import type { DatabaseSync } from 'node:sqlite';
import { sleep, systemClock } from '../../clock';
import { HostTable } from './host-table';
import { InboxTable } from './inbox-table';
import { InstanceTable } from './instance-table';
import { EntityTable } from './entity-table';
import { TaskTable } from './task-table';
import { TimerTable } from './timer-table';
import { openDatabase } from './schema';
import { isDiskFull, meansWait, meansWaitForAll } from './write-trouble';

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

/** Between tries to write what a full disk or a lock of others keeps from being written. */
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2000;

export class Store {
  readonly #db: DatabaseSync;
  readonly #tables: Tables;
  #queue: Write[] = [];
  #scheduled: NodeJS.Immediate | undefined;
  readonly #closing = new AbortController();
  #troubled = false;
  /** Called once when nothing can be written for now, with the reason, and once without it when that is over. */
  onTrouble: (reason: string | undefined) => void = () => undefined;
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

  get #closed(): boolean {
    return this.#closing.signal.aborted;
  }

  /** For reading outside of transactions; sees everything that is committed. */
  get read(): Tables {
    return this.#tables;
  }

  /** Changes whenever another process wrote. */
  dataVersion(): number {
    return Number(this.#db.prepare('PRAGMA data_version').get()?.['data_version']);
  }

  /**
   * Writes what must not get lost: when the disk is full, or another process holds the file, it is tried again until it is
   * written or the store closes. `run` is called for each try. Other writes may be done in between.
   */
  insist<T>(run: (tx: Transaction) => T): Promise<T> {
    return this.insistOn(() => this.write(run));
  }

  /** As {@link insist}, for an action that writes more than once; it begins anew each time. */
  async insistOn<T>(action: () => Promise<T>): Promise<T> {
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
      try {
        return await action();
      } catch (error) {
        if (this.#closed || !meansWait(error)) throw error;
      }
      await sleep(systemClock, pause, this.#closing.signal);
    }
  }

  /** Queues a write for the next commit. It fails when it cannot be done now. */
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
    this.#closing.abort();
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
      if (isDiskFull(error)) this.#foldLog();
      this.#noteTrouble(error);
      const together = error instanceof FencedError || meansWaitForAll(error);
      if (batch.length > 1 && !together) return false;
      for (const write of batch) write.reject(error);
      return alone || batch.length === 1 || together;
    }
    this.#noteTrouble(undefined);
    this.commits++;
    this.writes += batch.length;
    batch.forEach((write, i) => write.resolve(results[i] as never));
    for (const callback of callbacks) callback();
    return true;
  }

  /** The pages of the log are then used again, which may be all the space that is needed. */
  #foldLog(): void {
    try {
      this.#db.exec('PRAGMA wal_checkpoint(PASSIVE)');
    } catch {
      // The file itself cannot grow either.
    }
  }

  #noteTrouble(error: unknown): void {
    const troubled = error !== undefined && meansWait(error);
    if (troubled === this.#troubled || (error !== undefined && !troubled)) return;
    this.#troubled = troubled;
    this.onTrouble(troubled ? (error as Error).message : undefined);
  }
}
