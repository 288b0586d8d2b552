import { parseQuery } from '../../../../../local-host/triggers/http/query-string';

const parsed = (raw: string): [string, string[]][] => [...parseQuery(raw)];

describe('parseQuery', () => {
  test.each<[string, [string, string[]][]]>([
    ['', []],
    [
      'a=1&b=2',
      [
        ['a', ['1']],
        ['b', ['2']],
      ],
    ],
    ['k=1&k=2&k=3', [['k', ['1', '2', '3']]]],
    [
      'a=&b',
      [
        ['a', ['']],
        ['b', ['']],
      ],
    ],
    ['=v', [['', ['v']]]],
    ['&&a=1&', [['a', ['1']]]],
    [
      'a=x+y&b=x%20y',
      [
        ['a', ['x y']],
        ['b', ['x y']],
      ],
    ],
    ['a=%26%3D%23%25', [['a', ['&=#%']]]],
    ['a=%zz', [['a', ['%zz']]]],
    ['a=%2F', [['a', ['/']]]],
    ['a=1;b=2', [['a', ['1;b=2']]]],
    ['a=b=c', [['a', ['b=c']]]],
  ])('reads %j', (raw, expected) => {
    expect(parsed(raw)).toEqual(expected);
  });

  test('compares names without case and keeps the last spelling', () => {
    expect(parsed('Key=1&other=x&key=2')).toEqual([
      ['key', ['1', '2']],
      ['other', ['x']],
    ]);
  });
});
