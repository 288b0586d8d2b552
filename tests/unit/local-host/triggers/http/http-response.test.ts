import { httpResponse } from '../../../../../local-host/triggers/http/http-response';

const text = (body: Uint8Array): string => Buffer.from(body).toString('utf8');

describe('httpResponse', () => {
  test('nothing returned is 204', () => {
    expect(httpResponse(undefined)).toMatchObject({ status: 204, headers: [] });
  });

  test('keeps the headers of the app but those of the connection', () => {
    const { headers } = httpResponse({
      http: { statusCode: '200', headers: { 'x-a': '1', 'content-length': '4', 'transfer-encoding': 'chunked' } },
    });
    expect(headers).toEqual([['x-a', '1']]);
  });

  test('writes one header for each cookie', () => {
    const cookies = [
      { name: 'a', value: '1' },
      { name: 'b', value: '2' },
    ];
    expect(httpResponse({ http: { statusCode: '200', cookies } }).headers).toEqual([
      ['set-cookie', 'a=1; path=/'],
      ['set-cookie', 'b=2; path=/'],
    ]);
  });

  test('a status that HTTP does not have is 500', () => {
    expect(httpResponse({ http: { statusCode: '99' } }).status).toBe(500);
    expect(httpResponse({ http: { statusCode: 'x' } }).status).toBe(500);
  });

  test.each([
    [{ string: 'words' }, 'text/plain; charset=utf-8', 'words'],
    [{ json: '{"a":1}' }, 'application/json; charset=utf-8', '{"a":1}'],
    [{ int: 5 }, 'text/plain; charset=utf-8', '5'],
    [{ bytes: Buffer.from('b') }, 'application/octet-stream', 'b'],
  ])('the return value of another binding is the body: %j', (returned, type, body) => {
    const response = httpResponse(returned);
    expect([response.status, response.headers, text(response.body)]).toEqual([200, [['content-type', type]], body]);
  });
});
