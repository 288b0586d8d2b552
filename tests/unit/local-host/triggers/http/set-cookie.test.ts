import { setCookie } from '../../../../../local-host/triggers/http/set-cookie';

describe('setCookie', () => {
  test('writes path / and nothing else unless asked', () => {
    expect(setCookie({ name: 'plain', value: 'v1', sameSite: 'none' })).toBe('plain=v1; path=/');
  });

  test('escapes the value', () => {
    expect(setCookie({ name: 'a', value: "a b;c=d'(!)*" })).toBe('a=a%20b%3Bc%3Dd%27%28%21%29%2A; path=/');
  });

  test('writes the attributes in the order and case of ASP.NET Core', () => {
    const full = setCookie({
      name: 'full',
      value: 'x',
      domain: { value: 'example.org' },
      path: { value: '/p' },
      expires: { value: { seconds: Date.UTC(2041, 4, 6, 7, 8, 9) / 1000 } },
      secure: { value: true },
      httpOnly: { value: true },
      sameSite: 'strict',
      maxAge: { value: 3600 },
    });
    expect(full).toBe(
      'full=x; expires=Mon, 06 May 2041 07:08:09 GMT; max-age=3600; domain=example.org; path=/p; secure; samesite=strict; httponly',
    );
  });

  test('an explicit none is an attribute', () => {
    expect(setCookie({ name: 'n', value: '1', sameSite: 'explicitNone' })).toBe('n=1; path=/; samesite=none');
  });
});
