/** How long a file that failed waits before its next try: 2 s, doubling to 5 minutes, half of it by chance (`random`: 0 to 1). */
export function retryDelayMs(failures: number, random: number): number {
  const full = Math.min(2_000 * 2 ** Math.min(failures - 1, 20), 300_000);
  return Math.round(full / 2 + (full / 2) * random);
}
