import { isAuthorized, presentedKey } from '../../../../../local-host/triggers/http/authorization';
import type { Keys } from '../../../../../local-host/triggers/http/authorization';

const keys: Keys = { authEnabled: true, masterKey: 'Master', hostKeys: ['host'], functionKeys: { one: ['only-one'] } };

describe('presentedKey', () => {
  test('the header wins, even when it is wrong', () => {
    expect(presentedKey('wrong', new Map([['code', ['right']]]))).toBe('wrong');
  });

  test('the query parameter may be spelled in any case', () => {
    expect(presentedKey(undefined, new Map([['CODE', ['right']]]))).toBe('right');
    expect(presentedKey(undefined, new Map())).toBeUndefined();
  });
});

describe('isAuthorized', () => {
  test.each([
    ['anonymous', undefined, true],
    ['function', undefined, false],
    ['function', '', false],
    ['function', 'wrong', false],
    ['function', 'HOST', true],
    ['function', 'master', true],
    ['function', 'only-one', true],
    ['admin', 'host', false],
    ['admin', 'only-one', false],
    ['admin', 'mASTER', true],
  ] as const)('level %s with key %j: %j', (level, key, expected) => {
    expect(isAuthorized(level, 'One', key, keys)).toBe(expected);
  });

  test('a key of one function does not open another', () => {
    expect(isAuthorized('function', 'two', 'only-one', keys)).toBe(false);
  });

  test('without keys switched on everything is open', () => {
    expect(isAuthorized('admin', 'one', undefined, { ...keys, authEnabled: false })).toBe(true);
  });
});
