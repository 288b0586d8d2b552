import type { RetryOptions } from './function-definition';

const DEFAULT_MINIMUM_MS = 1_000;
const DEFAULT_MAXIMUM_MS = 10 * 60_000;

/** Whether another attempt follows the failed attempt number `retryCount` (0 is the first run). */
export function mayRetry(options: RetryOptions, retryCount: number): boolean {
  return options.maxRetryCount < 0 || retryCount < options.maxRetryCount;
}

/**
 * Milliseconds before retry number `retry` (1 is the first), as the WebJobs SDK computes them: fixed, or doubling from the
 * minimum with 20 % of jitter, capped at the maximum.
 * @param random in [0, 1)
 */
export function retryDelayMs(options: RetryOptions, retry: number, random: number): number {
  if (options.retryStrategy === 'fixedDelay') return options.delayIntervalMs ?? 0;
  const minimum = options.minimumIntervalMs ?? DEFAULT_MINIMUM_MS;
  const maximum = options.maximumIntervalMs ?? DEFAULT_MAXIMUM_MS;
  const increment = (2 ** Math.min(retry - 1, 30) - 1) * minimum * (0.8 + 0.4 * random);
  return Math.min(minimum + increment, maximum);
}
