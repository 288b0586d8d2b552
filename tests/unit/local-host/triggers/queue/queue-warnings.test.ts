import {
  overriddenFields,
  poisonQueueWarning,
  queueWarnings,
} from '../../../../../local-host/triggers/queue/queue-warnings';

const fn = { name: 'job', functionId: 'job', bindings: [] };

describe('a queue function', () => {
  test('without surprises has no warning', () => {
    expect(queueWarnings(fn, 'jobs', 5)).toEqual([]);
  });

  test('with a retry policy is told how often a message then runs, and the fix', () => {
    const retry = { maxRetryCount: 2, retryStrategy: 'fixedDelay' } as const;
    expect(queueWarnings({ ...fn, retry }, 'jobs', 5)).toEqual([
      expect.stringMatching(/runs 15 times .* Remove the policy, or set maxDequeueCount to 1/),
    ]);
    expect(queueWarnings({ ...fn, retry: { ...retry, maxRetryCount: -1 } }, 'jobs', 5)[0]).toContain('without end');
  });

  test('of a poison queue, or of one whose name leaves no room for one, is told', () => {
    expect(poisonQueueWarning(fn, 'jobs-poison')).toMatch(/tried again for ever/);
    expect(poisonQueueWarning(fn, 'jobs')).toBeUndefined();
    expect(queueWarnings(fn, `${'q'.repeat(56)}-poison`, 5)).toEqual([]);
    expect(queueWarnings(fn, 'q'.repeat(56), 5)).toEqual([]);
    expect(queueWarnings(fn, 'q'.repeat(57), 5)).toEqual([expect.stringMatching(/with 56 characters or fewer/)]);
  });

  test('is told of JSON fields that override the message’s own', () => {
    expect(overriddenFields('{"ID":1,"dequeueCount":null,"a":2,"popReceipt":[]}')).toEqual(["'ID'", "'dequeueCount'"]);
    for (const text of ['', 'id', '{"a":1}', '[{"id":1}]', '{"id":']) expect(overriddenFields(text)).toEqual([]);
  });
});
