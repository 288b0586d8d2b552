/** Exponential back-off with jitter: between half and all of `first * 2^(attempt-1)`, at most `most`. */
export function backoffMs(
  attempt: number,
  { firstMs, mostMs }: { readonly firstMs: number; readonly mostMs: number },
  /** 0 to 1. */
  random: number,
): number {
  const full = Math.min(firstMs * 2 ** Math.min(attempt - 1, 30), mostMs);
  return Math.round(full / 2 + (full / 2) * random);
}
