import { toRpcError } from '../../../../local-host/worker/rpc-error';

describe('toRpcError', () => {
  test('keeps message, stack and name of an error', () => {
    const error = new TypeError('bad');
    expect(toRpcError(error)).toEqual({ message: 'bad', stack: error.stack, type: 'TypeError' });
  });

  test('takes an error of another realm', () => {
    expect(toRpcError({ message: 'm', stack: 's', name: 'N' })).toEqual({ message: 'm', stack: 's', type: 'N' });
  });

  test.each([
    ['text', 'text'],
    [7, '7'],
    [{ code: 7 }, '{ code: 7 }'],
    [undefined, 'undefined'],
  ])('describes %p', (thrown, message) => {
    expect(toRpcError(thrown)).toEqual({ message });
  });
});
