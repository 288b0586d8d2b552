const FIRST_MS = 250;
const LONGEST_MS = 10_000;

/** Milliseconds before attempt `failures` + 1 to reach a broker: doubling from 250 ms, at most 10 s. */
export function reconnectDelayMs(failures: number): number {
  return Math.min(FIRST_MS * 2 ** Math.min(failures - 1, 10), LONGEST_MS);
}
