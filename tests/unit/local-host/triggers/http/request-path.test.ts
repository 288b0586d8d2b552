import { decodePath, encodePath } from '../../../../../local-host/triggers/http/request-path';

describe('decodePath', () => {
  test.each([
    ['/a%20b', '/a b'],
    ['/%C5%82%C3%B3d%C5%BA', '/łódź'],
    ['/a%2Fb', '/a%2Fb'],
    ['/a%2fb', '/a%2fb'],
    ['/a%5Cb', '/a\\b'],
    ['/100%25', '/100%'],
    ['/%zz', '/%zz'],
    ['/%E9', '/%E9'],
    ['/%E9%20', '/%E9 '],
    ['/%F0%9F%9A%A2', '/🚢'],
    ['/a;b=c', '/a;b=c'],
  ])('reads %s as %s', (raw, decoded) => {
    expect(decodePath(raw)).toBe(decoded);
  });

  test.each([
    ['/x/./y/../z', '/x/z'],
    ['/x/..', '/'],
    ['/../../a', '/a'],
    ['/a/%2e%2e/b', '/b'],
    ['/a/.', '/a/'],
    ['/a//b', '/a//b'],
    ['/.well-known/x', '/.well-known/x'],
  ])('removes dot segments from %s', (raw, decoded) => {
    expect(decodePath(raw)).toBe(decoded);
  });

  test('has no answer for a NUL', () => {
    expect(decodePath('/a%00b')).toBeUndefined();
  });
});

describe('encodePath', () => {
  test('leaves what is safe in a path and encodes the rest as UTF-8', () => {
    expect(encodePath("/a b/łó/!$&'()*+,;=:@-._~", true)).toBe("/a%20b/%C5%82%C3%B3/!$&'()*+,;=:@-._~");
  });

  test('keeps escapes of a buffered request and escapes them again for a streamed one', () => {
    expect(encodePath('/x%2Fy', true)).toBe('/x%2Fy');
    expect(encodePath('/x%2Fy', false)).toBe('/x%252Fy');
    expect(encodePath('/100%', true)).toBe('/100%25');
  });
});
