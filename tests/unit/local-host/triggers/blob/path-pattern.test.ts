import { parsePathPattern } from '../../../../../local-host/triggers/blob/path-pattern';

describe('the path of a blob trigger', () => {
  test.each([
    ['docs/{name}.{ext}', 'a.txt', { name: 'a', ext: 'txt' }],
    ['docs/{name}.{ext}', 'x.tar.gz', { name: 'x.tar', ext: 'gz' }],
    ['docs/{name}.{ext}', 'dir/sub/e.txt', { name: 'dir/sub/e', ext: 'txt' }],
    ['docs/{name}.{ext}', 'noext', undefined],
    ['logs/{day}/{file}', 'mon/a/b.log', { day: 'mon/a', file: 'b.log' }],
    ['docs/in/{name}', 'in/x', { name: 'x' }],
    ['docs/in/{name}', 'out/x', undefined],
    ['docs/exact.txt', 'exact.txt', {}],
    ['docs/exact.txt', 'exactXtxt', undefined],
    ['docs', 'anything/at all', {}],
    ['docs/{{2026}}-{name}', '{2026}-a', { name: 'a' }],
    ['docs/a+(b)[c]$^|\\.{x}', 'a+(b)[c]$^|\\.1', { x: '1' }],
    ['/docs/{name}', 'line\nbreak', { name: 'line\nbreak' }],
  ])('%s on %j gives %j', (path, blob, expected) => {
    expect(parsePathPattern(path).match(blob)).toEqual(expected);
  });

  test.each(['', 'docs/', '{container}/{name}', 'Docs/{name}', 'do/{name}', 'docs/{a}-{a}', 'docs/{name', 'docs/{}'])(
    '%j is refused',
    (path) => {
      expect(() => parsePathPattern(path)).toThrow('Invalid blob trigger path');
    },
  );
});
