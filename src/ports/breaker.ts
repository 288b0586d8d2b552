import type { BreakerState } from '../domain/circuit-breaker';

/** A circuit breaker whose state all instances share. Rejects when its state cannot be read or written. */
export interface Breaker {
  /** Whether a call may be made now; `retryAfterMs`: when to ask again. */
  admit(): Promise<{ readonly admitted: true } | { readonly admitted: false; readonly retryAfterMs: number }>;
  succeeded(): Promise<void>;
  /** `open`: calls are kept back from now on. */
  failed(): Promise<{ readonly open: boolean }>;
  look(): Promise<BreakerState>;
}
