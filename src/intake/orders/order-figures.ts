/** What this process did with orders since it started, for `GET /v1/status/orders` and the start table. */

/** What became of an event. */
export type Settled = 'done' | 'duplicate' | 'filtered' | 'dead-lettered' | 'parked';

export interface OrderFigures {
  /** Events by what became of them; those that were resumed count when they end. */
  readonly outcomes: Readonly<Partial<Record<Settled, number>>>;
  readonly retries: number;
  /** Events that are worked on now. */
  readonly inFlight: number;
  /** From the backend's taking of an event to its end, milliseconds; of the last 1,000; null before the first. */
  readonly latencyMs: { readonly p50: number; readonly p99: number } | null;
}

const KEPT = 1_000;

export class OrderCounts {
  readonly #outcomes: Partial<Record<Settled, number>> = {};
  readonly #latencies: number[] = [];
  #next = 0;
  #retries = 0;
  #inFlight = 0;

  ended(outcome: Settled): void {
    this.#outcomes[outcome] = (this.#outcomes[outcome] ?? 0) + 1;
  }

  took(ms: number): void {
    this.#latencies[this.#next++ % KEPT] = ms;
  }

  retried(): void {
    this.#retries++;
  }

  /** Gives what stands after the change. */
  working(change: 1 | -1): number {
    return (this.#inFlight += change);
  }

  figures(): OrderFigures {
    const sorted = [...this.#latencies].sort((a, b) => a - b);
    const at = (share: number): number =>
      Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);
    return {
      outcomes: { ...this.#outcomes },
      retries: this.#retries,
      inFlight: this.#inFlight,
      latencyMs: sorted.length === 0 ? null : { p50: at(0.5), p99: at(0.99) },
    };
  }
}
