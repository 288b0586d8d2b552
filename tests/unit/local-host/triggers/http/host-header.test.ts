import { isValidHost } from '../../../../../local-host/triggers/http/host-header';

describe('a Host header', () => {
  test.each([undefined, '', 'localhost', 'localhost:7071', '127.0.0.1:80', '[::1]:7071', 'a-b.example', 'my_app:1'])(
    'may be %j',
    (host) => expect(isValidHost(host)).toBe(true),
  );

  test.each([
    'a]b',
    '[::1',
    'a b',
    'a/b',
    'a?b',
    'a#b',
    'a@b',
    'a,b',
    'a:b',
    'a:1:2',
    'a:99999',
    '%zz',
    'a\\b',
    '[zz]',
  ])('may not be %j', (host) => expect(isValidHost(host)).toBe(false));
});
