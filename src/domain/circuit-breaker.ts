/**
 * A circuit breaker as a value: closed while calls succeed, open after `threshold` failures in a row, half-open when `openMs`
 * is over, when one call may try. Pure: the caller keeps the state and says what time it is.
 */
export interface BreakerState {
  readonly kind: 'closed' | 'open' | 'half-open';
  /** Failures in a row. */
  readonly failures: number;
  /** When it may be tried again, milliseconds since the epoch; 0 while closed. */
  readonly until: number;
}

export interface BreakerSettings {
  readonly threshold: number;
  readonly openMs: number;
}

export const closedBreaker: BreakerState = { kind: 'closed', failures: 0, until: 0 };

export type Admission =
  { readonly admitted: true; readonly state: BreakerState } | { readonly admitted: false; readonly retryAt: number };

/** Whether a call may be made now. Half-open lets one through, and the next one only when that took longer than `openMs`. */
export function admit(state: BreakerState, now: number, { openMs }: BreakerSettings): Admission {
  if (state.kind === 'closed') return { admitted: true, state };
  if (now < state.until) return { admitted: false, retryAt: state.until };
  return { admitted: true, state: { ...state, kind: 'half-open', until: now + openMs } };
}

export function succeeded(): BreakerState {
  return closedBreaker;
}

export function failed(state: BreakerState, now: number, { threshold, openMs }: BreakerSettings): BreakerState {
  const failures = state.failures + 1;
  if (state.kind !== 'half-open' && failures < threshold) return { ...state, failures };
  return { kind: 'open', failures, until: now + openMs };
}
