import type { RetryProgress } from './history-event';

/**
 * Milliseconds to wait after the given try failed: first·backoff^(attempt−1), capped.
 * Source: `RetryInterceptor.ComputeNextDelay` of DurableTask.Core as described in the Durable Functions documentation.
 */
export function retryDelayMs({ policy, attempt }: RetryProgress): number {
  const delay = policy.firstIntervalMs * policy.backoff ** (attempt - 1);
  return Math.min(delay, policy.maxIntervalMs ?? Number.MAX_SAFE_INTEGER);
}

/** Whether the policy's overall time is up, so that no further try starts. */
export function retryTimedOut({ policy, firstAt }: RetryProgress, now: number): boolean {
  return policy.timeoutMs !== undefined && now - firstAt >= policy.timeoutMs;
}
