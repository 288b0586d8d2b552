/**
 * Tells leases that ended from those that only look alive: a lease whose end nobody moved, for as long as such a lease lasts, by
 * a clock that never jumps, has ended, whatever the clock on the wall made of it (a clock set back would keep it for hours).
 */
export class LeaseSightings {
  readonly #seen = new Map<string, { readonly lease: string; readonly firstMs: number }>();

  /** `lease` changes whenever it is renewed or changes hands; times in milliseconds. */
  hasEnded(key: string, lease: string, nowMs: number, leaseMs: number): boolean {
    const known = this.#seen.get(key);
    if (known?.lease !== lease) {
      this.#seen.set(key, { lease, firstMs: nowMs });
      if (this.#seen.size > MOST) this.#forgetOldest();
      return false;
    }
    return nowMs - known.firstMs > leaseMs;
  }

  forget(key: string): void {
    this.#seen.delete(key);
  }

  #forgetOldest(): void {
    for (const key of this.#seen.keys()) {
      this.#seen.delete(key);
      return;
    }
  }
}

const MOST = 10_000;
