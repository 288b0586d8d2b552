import { bindingData, readHead, rpcHttpRequest } from '../../../../../local-host/triggers/http/http-request';
import type { RequestHead } from '../../../../../local-host/triggers/http/http-request';

function head(url: string, ...rawHeaders: string[]): RequestHead {
  const read = readHead('GET', url, rawHeaders);
  if (!read) throw new Error('400');
  return read;
}

describe('readHead', () => {
  test('joins repeated headers and lowers their names', () => {
    expect(head('/x', 'X-Hull', 'a', 'x-hull', 'b', 'Cookie', 'c=1', 'cookie', 'd=2').headers).toEqual({
      'x-hull': 'a,b',
      cookie: 'c=1; d=2',
    });
  });

  test('reads header bytes as UTF-8 and refuses what is not', () => {
    const utf8 = Buffer.from('café').toString('latin1');
    expect(head('/x', 'x-l', utf8).headers['x-l']).toBe('café');
    expect(readHead('GET', '/x', ['x-l', 'caf\u00e9'])).toBeUndefined();
  });

  test('refuses a NUL in the path and a target without a path', () => {
    expect(readHead('GET', '/a%00', [])).toBeUndefined();
    expect(readHead('OPTIONS', '*', [])).toBeUndefined();
  });

  test('takes the absolute form of a target', () => {
    expect(head('http://example.org/a?b=1')).toMatchObject({ path: '/a', rawQuery: '?b=1' });
    expect(head('http://example.org')).toMatchObject({ path: '/', rawQuery: '' });
  });
});

describe('rpcHttpRequest', () => {
  test('joins repeated query values with commas and has no body when there is none', () => {
    const rpc = rpcHttpRequest(head('/x?k=1&k=2'), 'http://h/x', { id: '5' }, Buffer.alloc(0));
    expect(rpc).toMatchObject({ nullableQuery: { k: { value: '1,2' } }, nullableParams: { id: { value: '5' } } });
    expect(rpc).not.toHaveProperty('body');
  });
});

describe('bindingData', () => {
  test('route wins over query over body, the last query value counts, and code is kept out', () => {
    const body = Buffer.from('{"a":"body","only":true,"n":null,"l":[1],"o":{"x":1},"id":"body"}');
    expect(bindingData(head('/x?a=1&a=2&id=q&code=secret&e='), { id: '5' }, body)).toEqual({
      a: { string: '2' },
      only: { string: 'True' },
      o: { json: '{"x":1}' },
      e: { string: '' },
      id: { string: '5' },
    });
  });

  test('a body that is not a JSON object adds nothing', () => {
    for (const text of ['', 'x', '[1]', 'null', '7'])
      expect(bindingData(head('/x'), {}, Buffer.from(text))).toEqual({});
  });
});
