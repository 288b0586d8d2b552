const HOUR_MS = 60 * 60_000;

/** How much longer entries are kept than they are trusted: clocks differ, and the purge runs once a day. */
export const MEMORY_MARGIN_MS = 24 * HOUR_MS;

/**
 * Why it cannot be known whether an event that the ledger does not know was done: it is older than what the ledger keeps, so
 * its entry may be gone (ADR 0011). Undefined when its entry would still be there; also for an age that is not known.
 */
export function forgotten(
  /** When the backend took it, milliseconds since the epoch; 0 when it did not say. */
  enqueuedAt: number,
  now: number,
  retentionMs: number,
): string | undefined {
  const age = now - enqueuedAt;
  if (enqueuedAt <= 0 || age <= retentionMs) return undefined;
  return `The event is ${days(age)} days old, and which orders are done is kept for ${days(retentionMs)}: whether this one was is not known.`;
}

function days(ms: number): string {
  return String(Math.floor(ms / (24 * HOUR_MS)));
}
