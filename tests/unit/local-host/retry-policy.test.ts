import { mayRetry, retryDelayMs } from '../../../local-host/retry-policy';

describe('mayRetry', () => {
  test('stops after maxRetryCount retries; -1 never stops', () => {
    const policy = { maxRetryCount: 2, retryStrategy: 'fixedDelay' } as const;
    expect([0, 1, 2].map((count) => mayRetry(policy, count))).toEqual([true, true, false]);
    expect(mayRetry({ ...policy, maxRetryCount: -1 }, 1e6)).toBe(true);
  });
});

describe('retryDelayMs', () => {
  test('a fixed delay stays the same', () => {
    const policy = { maxRetryCount: 2, retryStrategy: 'fixedDelay', delayIntervalMs: 700 } as const;
    expect([1, 2, 9].map((retry) => retryDelayMs(policy, retry, 0.5))).toEqual([700, 700, 700]);
  });

  test('an exponential delay grows from the minimum to the maximum', () => {
    const policy = {
      maxRetryCount: -1,
      retryStrategy: 'exponentialBackoff',
      minimumIntervalMs: 1000,
      maximumIntervalMs: 10_000,
    } as const;
    expect([1, 2, 3, 4, 5, 100].map((retry) => retryDelayMs(policy, retry, 0.5))).toEqual([
      1000, 2000, 4000, 8000, 10_000, 10_000,
    ]);
    expect(retryDelayMs(policy, 2, 0)).toBe(1800);
  });
});
