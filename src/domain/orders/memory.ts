const DAY_MS = 24 * 60 * 60_000;

/** Time before which entries may be removed: kept for a day longer than they are trusted, since clocks differ. */
export function removable(now: number, retentionMs: number): number {
  return now - retentionMs - DAY_MS;
}

/**
 * Why it cannot be known whether an event that the ledger does not know was done: it is older than what the ledger keeps, so
 * its entry may be gone (ADR 0012). Undefined when its entry would still be there; also for an age that is not known.
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
  return String(Math.floor(ms / DAY_MS));
}
