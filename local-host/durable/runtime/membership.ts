/**
 * The host processes on one task hub: who is there, who died, what they left.
 *
 * Invariants:
 * 1. A process that is dead by its pid, or has not renewed its lease, loses its row in `hosts` in the same transaction in
 *    which its work loses its owner; from then on it can commit nothing.
 * 2. A process that was away longer than half a lease buries only processes that are gone, until its next beat: the others
 *    get a second to renew.
 * 3. Leases run on the machine's time, whatever clock the app runs on: they are about processes, not about the app.
 */
import type { Clock } from '../../clock';
import type { Log } from '../../log';
import { isAlive } from '../../process-state';
import type { HostRow } from '../store/host-table';
import { FencedError, type Store } from '../store/store';
import { meansWait } from '../store/write-trouble';

export interface MembershipOptions {
  /** How long a silent process counts as alive. @default 15,000 ms */
  readonly leaseMs?: number;
  /** How often to look for letters and tasks of others, when there are others. @default 20 ms */
  readonly pollMs?: number;
  /** How often to look for others, and to renew. @default 1000 ms */
  readonly beatMs?: number;
}

export interface Duties {
  /** Others wrote something, or left work behind. */
  readonly lookForWork: () => void;
}

/** Ids in use in this very process. A row with our pid that is not among them was left by a process of the same number. */
const livingHere = new Set<string>();

export class Membership {
  readonly #options: Required<MembershipOptions>;
  #cancelPoll: (() => void) | undefined;
  #stopped = true;
  #others = 0;
  #version = -1;
  #beatAt = 0;

  constructor(
    private readonly store: Store,
    /** The machine's clock. */
    private readonly clock: Clock,
    private readonly log: Log,
    private readonly duties: Duties,
    options: MembershipOptions = {},
  ) {
    this.#options = { leaseMs: 15_000, pollMs: 20, beatMs: 1000, ...options };
  }

  /** Other processes that were alive at the last look. */
  get others(): number {
    return this.#others;
  }

  /** Makes this process known, before it writes anything else, and buries the dead. */
  async join(): Promise<void> {
    livingHere.add(this.store.hostId);
    this.store.read.hosts.register(this.#row());
    this.#stopped = false;
    await this.#beat();
    this.#arm();
  }

  /** Gives everything back, so that others need not wait for the lease to end. */
  async leave(): Promise<void> {
    this.#stopped = true;
    this.#cancelPoll?.();
    await this.store.write((tx) => tx.hosts.remove(this.store.hostId)).catch(() => undefined);
    livingHere.delete(this.store.hostId);
  }

  #row(): HostRow {
    return { id: this.store.hostId, pid: process.pid, leaseUntil: this.clock.now() + this.#options.leaseMs };
  }

  #arm(): void {
    this.#cancelPoll?.();
    if (this.#stopped) return;
    const wait = this.#others > 0 ? this.#options.pollMs : this.#options.beatMs;
    this.#cancelPoll = this.clock.after(wait, () => void this.#poll());
  }

  async #poll(): Promise<void> {
    try {
      const since = this.clock.now() - this.#beatAt;
      // The machine's clock may have been set back.
      if (since >= this.#options.beatMs || since < 0) await this.#beat();
      const version = this.store.dataVersion();
      if (version !== this.#version && !this.#stopped) this.duties.lookForWork();
      this.#version = version;
    } catch (error) {
      // The store says by itself that it cannot write for now.
      if (!this.#stopped && !(error instanceof FencedError) && !meansWait(error))
        this.log.error(`Durable: looking after the task hub failed: ${(error as Error).message}`);
    }
    this.#arm();
  }

  async #beat(): Promise<void> {
    const now = this.clock.now();
    // Whoever was away itself, because the machine slept or its clock was set, cannot tell whether others renewed meanwhile.
    const wasAway = this.#beatAt > 0 && now - this.#beatAt > this.#options.leaseMs / 2;
    const buried = await this.store.write((tx) => {
      const all = tx.hosts.all();
      const dead = all.filter((h) => h.id !== this.store.hostId && ((h.leaseUntil < now && !wasAway) || !isThere(h)));
      for (const { id } of dead) tx.hosts.remove(id);
      tx.hosts.renew(this.store.hostId, now + this.#options.leaseMs);
      this.#others = all.length - dead.length - 1;
      return dead;
    });
    this.#beatAt = now;
    for (const { pid } of buried)
      this.log.information(`Durable: took over the work of host process ${pid}, which is gone.`);
    if (buried.length > 0) this.duties.lookForWork();
  }
}

/** A host of another process by its process, one of this process by whether it still runs here. */
function isThere({ pid, id }: HostRow): boolean {
  return pid === process.pid ? livingHere.has(id) : isAlive(pid);
}
