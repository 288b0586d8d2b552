import { stepFailure } from '../../../../src/domain/step-failure';

it('tells cause from stack where the local host put one below the other', () => {
  const message =
    "Activity function 'move-blob' failed:  storage is away \n Error: storage is away\n    at move (move.js:1:1)";
  expect(stepFailure(new Error(message))).toEqual({
    error: 'move-blob failed: storage is away',
    stack: 'Error: storage is away\n    at move (move.js:1:1)',
  });
});

it('tells them apart as the Functions host writes them', () => {
  const message =
    'Activity function \'move-blob\' failed: Result: Failure\nException: storage is away\nStack: Error: storage is away\n    at move (move.js:1:1) \n {"ClassName":"RpcException"}';
  expect(stepFailure(new Error(message))).toEqual({
    error: 'move-blob failed: storage is away',
    stack: 'Error: storage is away\n    at move (move.js:1:1) \n {"ClassName":"RpcException"}',
  });
});

it('keeps what a cause says in further lines', () => {
  const { error, stack } = stepFailure(new Error('There is a lease\nRequestId: 1'));
  expect(error).toBe('There is a lease');
  expect(stack).toMatch(/^RequestId: 1\n[^]*^\s+at /m);
});

it('takes an exception of the orchestration itself as it is', () => {
  const error = new Error('pending for too long');
  expect(stepFailure(error)).toEqual({ error: 'pending for too long', stack: error.stack });
  expect(stepFailure('no error at all').error).toBe('no error at all');
  expect(stepFailure(new Error('')).error).toBe('');
});
