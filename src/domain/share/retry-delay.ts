/** The longest wait of a file that failed. */
const LONGEST_MS = 300_000;
/** The longest wait for storage, the share or this machine: as soon as they are well again, all goes on. */
export const LONGEST_OUTAGE_WAIT_MS = 60_000;

/** How long what failed waits before its next try: 2 s, doubling to `longestMs`, half of it by chance (`random`: 0 to 1). */
export function retryDelayMs(failures: number, random: number, longestMs = LONGEST_MS): number {
  const full = Math.min(2_000 * 2 ** Math.min(failures - 1, 20), longestMs);
  return Math.round(full / 2 + (full / 2) * random);
}
