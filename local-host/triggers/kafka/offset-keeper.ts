/**
 * Commits offsets of finished events, a moment after they were finished and many at a time.
 *
 * Invariants:
 * 1. What is committed of a partition only grows: commits follow one another and each takes the newest offset.
 * 2. What was stored before `flush` was called has been committed, or refused, when it resolves.
 */
import type { Clock } from '../../clock';

export interface Offset {
  readonly partition: number;
  /** The next one to be read. */
  readonly next: bigint;
}

export interface OffsetKeeperOptions {
  readonly clock: Clock;
  readonly intervalMs: number;
  readonly commit: (offsets: readonly Offset[]) => Promise<void>;
  readonly onRefused: (error: unknown, offsets: readonly Offset[]) => void;
}

export class OffsetKeeper {
  readonly #options: OffsetKeeperOptions;
  readonly #stored = new Map<number, bigint>();
  #committing: Promise<void> = Promise.resolve();
  #cancel: (() => void) | undefined;

  constructor(options: OffsetKeeperOptions) {
    this.#options = options;
  }

  store(partition: number, next: bigint): void {
    const known = this.#stored.get(partition);
    if (known === undefined || known < next) this.#stored.set(partition, next);
    this.#cancel ??= this.#options.clock.after(this.#options.intervalMs, () => void this.flush());
  }

  flush(): Promise<void> {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#committing = this.#committing.then(() => this.#commit());
    return this.#committing;
  }

  async #commit(): Promise<void> {
    const offsets = [...this.#stored].map(([partition, next]) => ({ partition, next }));
    this.#stored.clear();
    if (offsets.length === 0) return;
    try {
      await this.#options.commit(offsets);
    } catch (error) {
      this.#options.onRefused(error, offsets);
    }
  }
}
