import type { Clock } from './clock';

interface Waiting {
  readonly due: number;
  readonly order: number;
  readonly callback: () => void;
}

/**
 * A clock that moves only when told to. For tests: `await clock.advance(30 * 86_400_000)`. Time stands still while durable
 * work is under way, so that a timer of the next step counts from when the last one ended.
 */
export class VirtualClock implements Clock {
  #now: number;
  #order = 0;
  readonly #waiting = new Set<Waiting>();
  #holds = 0;
  #onFree: () => void = () => undefined;

  constructor(startMs: number) {
    this.#now = startMs;
  }

  now(): number {
    return this.#now;
  }

  after(delayMs: number, callback: () => void): () => void {
    const entry: Waiting = { due: this.#now + Math.max(0, delayMs), order: this.#order++, callback };
    this.#waiting.add(entry);
    return () => void this.#waiting.delete(entry);
  }

  hold(): () => void {
    this.#holds++;
    let held = true;
    return () => {
      if (held && --this.#holds === 0) this.#onFree();
      held = false;
    };
  }

  /** Time of the next callback, or undefined when nothing waits. */
  nextDue(): number | undefined {
    let next: number | undefined;
    for (const w of this.#waiting) if (next === undefined || w.due < next) next = w.due;
    return next;
  }

  /** Moves time forward, running due callbacks in order and letting promises settle and held work end between them. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      await this.#settled();
      const due = [...this.#waiting].filter((w) => w.due <= end).sort((a, b) => a.due - b.due || a.order - b.order)[0];
      if (!due) break;
      this.#waiting.delete(due);
      this.#now = Math.max(this.#now, due.due);
      due.callback();
    }
    this.#now = end;
  }

  async #settled(): Promise<void> {
    do {
      while (this.#holds > 0) await new Promise<void>((resolve) => (this.#onFree = resolve));
      await new Promise((resolve) => setImmediate(resolve));
    } while (this.#holds > 0);
  }
}
