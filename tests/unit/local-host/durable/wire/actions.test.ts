import { commandsOf, UnknownActionError } from '../../../../../local-host/durable/wire/actions';

const retryOptions = {
  firstRetryIntervalInMilliseconds: 100,
  maxNumberOfAttempts: 3,
  backoffCoefficient: 2,
  maxRetryIntervalInMilliseconds: 500,
  retryTimeoutInMilliseconds: 9000,
};
const retry = { firstIntervalMs: 100, maxAttempts: 3, backoff: 2, maxIntervalMs: 500, timeoutMs: 9000 };

const cases: [string, object, object[]][] = [
  [
    'a call of an activity, whose texts come encoded',
    { actionType: 0, functionName: 'a', input: '"text"' },
    [{ kind: 'activity', name: 'a', input: '"text"' }],
  ],
  ['a call without input', { actionType: 0, functionName: 'a' }, [{ kind: 'activity', name: 'a' }]],
  [
    'a call with retries',
    { actionType: 1, functionName: 'a', input: { n: 1 }, retryOptions },
    [{ kind: 'activity', name: 'a', input: '{"n":1}', retry }],
  ],
  [
    'a sub-orchestration, whose texts come as they are',
    { actionType: 2, functionName: 's', input: 'text', instanceId: 'i', version: '2' },
    [{ kind: 'sub', name: 's', instanceId: 'i', input: '"text"', version: '2' }],
  ],
  [
    'a sub-orchestration with retries',
    { actionType: 3, functionName: 's', retryOptions },
    [{ kind: 'sub', name: 's', retry }],
  ],
  ['continue as new', { actionType: 4, input: { n: 2 } }, [{ kind: 'continue', input: '{"n":2}' }]],
  [
    'a timer',
    { actionType: 5, fireAt: '2030-01-01T00:00:00.000Z', isCanceled: true },
    [{ kind: 'timer', fireAt: Date.UTC(2030, 0, 1), cancelled: true }],
  ],
  ['a wait', { actionType: 6, externalEventName: 'go', reason: 'ExternalEvent' }, [{ kind: 'wait', event: 'go' }]],
  [
    'a call of an entity',
    { actionType: 7, instanceId: '@e@K', operation: 'add', input: 4 },
    [{ kind: 'call-entity', entity: '@e@K', op: 'add', input: '4' }],
  ],
  [
    'an HTTP call',
    {
      actionType: 8,
      httpRequest: {
        method: 'POST',
        uri: 'http://h/',
        content: '{}',
        headers: { a: 'b' },
        asynchronousPatternEnabled: false,
        tokenSource: { resource: 'res' },
      },
    },
    [
      {
        kind: 'http',
        call: {
          method: 'POST',
          uri: 'http://h/',
          content: '{}',
          headers: { a: 'b' },
          polling: false,
          tokenResource: 'res',
        },
      },
    ],
  ],
  [
    'a signal',
    { actionType: 9, instanceId: '@e@k', operation: 'add' },
    [{ kind: 'signal-entity', entity: '@e@k', op: 'add' }],
  ],
  [
    'any',
    { actionType: 11, compoundActions: [{ actionType: 6, externalEventName: 'go' }] },
    [{ kind: 'any', children: [{ kind: 'wait', event: 'go' }] }],
  ],
  [
    'all',
    { actionType: 12, compoundActions: [{ actionType: 0, functionName: 'a' }] },
    [{ kind: 'all', children: [{ kind: 'activity', name: 'a' }] }],
  ],
];

test.each(cases)('reads %s', (_title, action, commands) => {
  expect(commandsOf([action])).toEqual(commands);
});

test('lets go of what the last lock held, one id for each entity', () => {
  const lockSet = [
    { name: 'E', key: 'a' },
    { name: 'E', key: 'b' },
  ];
  expect(commandsOf([{ actionType: 13, lockSet, lockRequestId: 'r' }, { actionType: 14 }])).toEqual([
    { kind: 'lock', requestId: 'r', entities: ['@e@a', '@e@b'] },
    { kind: 'release', requestId: 'r', entity: '@e@a' },
    { kind: 'release', requestId: 'r', entity: '@e@b' },
  ]);
});

test('refuses an action that it does not know', () => {
  expect(() => commandsOf([{ actionType: 99 }])).toThrow(UnknownActionError);
});
