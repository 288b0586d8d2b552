import { parseRelaxedJson } from '../../../../local-host/settings/relaxed-json';

describe('parseRelaxedJson', () => {
  test('takes a byte order mark, comments and trailing commas', () => {
    expect(parseRelaxedJson('\uFEFF{ // one\n "a": [1, 2,], /* two */ "b": {"c": 3,},\n}')).toEqual({
      a: [1, 2],
      b: { c: 3 },
    });
  });

  test('leaves text that looks like a comment alone', () => {
    expect(parseRelaxedJson('{"url": "http://x//y", "c": "/* no */", "q": "a\\"//b,]"}')).toEqual({
      url: 'http://x//y',
      c: '/* no */',
      q: 'a"//b,]',
    });
  });

  test('refuses what is not JSON', () => {
    expect(() => parseRelaxedJson('{"a":')).toThrow(SyntaxError);
  });
});
