/** Bytes per second over the last ten seconds. */
export class ByteRate {
  readonly #buckets = new Map<number, number>();

  constructor(private readonly monotonic: () => number) {}

  add(bytes: number): void {
    const second = Math.floor(this.monotonic() / 1000);
    this.#buckets.set(second, (this.#buckets.get(second) ?? 0) + bytes);
    if (this.#buckets.size > WINDOW_S + 1) this.#forget(second);
  }

  perSecond(): number {
    const now = this.monotonic() / 1000;
    this.#forget(Math.floor(now));
    const first = Math.min(...this.#buckets.keys());
    if (!Number.isFinite(first)) return 0;
    const total = [...this.#buckets.values()].reduce((sum, bytes) => sum + bytes, 0);
    return total / Math.max(1, now - first);
  }

  #forget(now: number): void {
    for (const second of this.#buckets.keys()) if (second <= now - WINDOW_S) this.#buckets.delete(second);
  }
}

const WINDOW_S = 10;
