import fc from 'fast-check';
import { blobNameOf } from '../../../../../src/domain/share/blob-name';
import { claimedPath, parseClaimedPath } from '../../../../../src/domain/share/claimed-path';
import { choiceOf } from '../../../../../src/domain/share/file-choice';
import { compilePattern } from '../../../../../src/domain/share/name-pattern';
import { nameSession } from '../../../../../src/domain/share/session';
import { parseWatchRequest } from '../../../../../src/domain/share/watch-request';
import { uuidV7 } from '../../../../../src/domain/uuid-v7';

const START = Date.UTC(2026, 0, 2, 23, 59, 59, 999);
const encoded = (name: string | null | undefined): string => {
  const named = nameSession(name, START, 'u');
  return named.kind === 'session' ? `${named.session.date}/${named.session.encoded}` : named.kind;
};

describe('sessions', () => {
  it.each([
    [undefined, '20260102/00-session-u'],
    [null, '20260102/00-session-u'],
    ['', '20260102/00-session-u'],
    [' \t ', '20260102/00-session-u'],
    ['my session', '20260102/my%20session'],
    ['a/b', '20260102/a%2Fb'],
    ['../x', '20260102/..%2Fx'],
    ['...', '20260102/..%2E'],
    ['🚀', '20260102/%F0%9F%9A%80'],
    ["it's (a) *star*!", '20260102/it%27s%20%28a%29%20%2Astar%2A%21'],
    ['a\0b\n', '20260102/a%00b%0A'],
    ['.', 'rejected'],
    ['..', 'rejected'],
    ['\ud800', 'rejected'],
    ['x'.repeat(5_000), 'rejected'],
    ['x'.repeat(200), `20260102/${'x'.repeat(200)}`],
    ['é'.repeat(34), 'rejected'],
  ])('%j becomes %j', (name, expected) => expect(encoded(name)).toBe(expected));

  it('are one harmless folder, whatever the name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (name) => {
        const named = nameSession(name, START, 'u');
        if (named.kind === 'rejected') return;
        const { encoded: folder } = named.session;
        expect(folder).toMatch(/^[A-Za-z0-9._~%-]{1,200}$/);
        expect(folder.endsWith('.')).toBe(false);
        if (name.trim() !== '') expect(decodeURIComponent(folder)).toBe(name);
      }),
    );
  });
});

it('UUIDs of version 7 sort by time and say their version', () => {
  const random = new Uint8Array(10).fill(0xff);
  const ids = [0, 1, START, START + 1].map((ms) => uuidV7(ms, random));
  expect([...ids].sort()).toEqual(ids);
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

describe('blob names', () => {
  const name = (file: string): string => {
    const blob = blobNameOf(file);
    return blob.kind === 'name' ? blob.name : blob.kind;
  };
  it.each([
    ['20260102/s/a b ü 漢 %.txt', '20260102/s/a b ü 漢 %.txt'],
    ['d/s/new\nline', 'd/s/~x~new%0Aline'],
    ['d/s/50%\n', 'd/s/~x~50%25%0A'],
    ['d/s/dot.', 'd/s/~x~dot%2E'],
    ['d/s/back\\slash', 'd/s/~x~back%5Cslash'],
    ['d/s/~x~new%0Aline', 'd/s/~x~~x~new%250Aline'],
    [`d/s/${'\n'.repeat(255)}`, `d/s/~x~${'%0A'.repeat(255)}`],
    [`d/s/${'sub/'.repeat(260)}x`, 'unsupported'],
    [`d/s/${`${'y'.repeat(250)}/`.repeat(5)}x`, 'unsupported'],
  ])('%j becomes %j', (file, expected) => expect(name(file)).toBe(expected));

  it('are distinct for distinct files, and hold nothing that a blob cannot', () => {
    const segment = fc.string({
      unit: fc.constantFrom('a', '%', '0', 'A', '\n', '.', '~', 'x', '\\', 'ü'),
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(
      fc.property(segment, segment, (a, b) => {
        expect(name(`d/s/${a}`) === name(`d/s/${b}`)).toBe(a === b);
        // eslint-disable-next-line no-control-regex -- control characters are what must not be there
        expect(name(`d/s/${a}`)).not.toMatch(/[\x00-\x1f\\]|\.$/);
      }),
      { numRuns: 2_000 },
    );
  });
});

it('claimed paths give back date, session and file, and nothing outside', () => {
  const file = { date: '20260102', session: 'my%20session', file: 'sub/x y' };
  expect(parseClaimedPath(claimedPath(file))).toEqual(file);
  for (const bad of [
    'x',
    '20260102/x',
    '2026010/s/x',
    '20260102/../x',
    '20260102/s/../x',
    '20260102//x',
    '/20260102/s/x',
    '20260102/s/a\0',
  ])
    expect(parseClaimedPath(bad)).toBeUndefined();
});

describe('patterns', () => {
  const matches = (pattern: string, path: string): boolean => {
    const compiled = compilePattern(pattern);
    return compiled.kind === 'pattern' && compiled.matches(path);
  };
  it.each([
    ['*.csv', 'a.csv', true],
    ['*.csv', 'sub/a.csv', true],
    ['*.csv', 'a.csv.tmp', false],
    ['a?c', 'abc', true],
    ['a?c', 'ac', false],
    ['[a-c]x', 'bx', true],
    ['[!a-c]x', 'bx', false],
    ['[!a-c]x', 'zx', true],
    ['{one,two}.*', 'two.txt', true],
    ['{one,two}.*', 'three.txt', false],
    ['sub/*.csv', 'sub/a.csv', true],
    ['sub/*.csv', 'sub/deep/a.csv', false],
    ['sub/**', 'sub/deep/a.csv', true],
    ['**/x', 'x', true],
    ['**/x', 'a/b/x', true],
    ['[', '[', true],
    ['🚀*', '🚀x', true],
  ])('%j on %j: %s', (pattern, path, expected) => expect(matches(pattern, path)).toBe(expected));

  it('cannot be made to hang', () => {
    const began = performance.now();
    expect(matches(`${'*a'.repeat(400)}b`, 'a'.repeat(255))).toBe(false);
    expect(compilePattern('{a,b}'.repeat(20)).kind).toBe('rejected');
    expect(performance.now() - began).toBeLessThan(1_000);
  });

  it('hidden files are taken only when asked for, and what NFS left of deleted ones never', () => {
    const all = choiceOf({ include: [], exclude: ['*.tmp'] });
    expect(['a', '.a', 'a.tmp'].map(all)).toEqual([true, false, false]);
    expect(choiceOf({ include: ['*'], exclude: [] })('.a')).toBe(false);
    const hidden = choiceOf({ include: ['.*'], exclude: [] });
    expect(['.a', '.nfs00000000deadbeef'].map(hidden)).toEqual([true, false]);
  });
});

describe('the body of a start', () => {
  it.each(['', '{}', '{"session_name":null}', '{"include":"*.csv","dry_run":true}'])('%j is accepted', (body) =>
    expect(parseWatchRequest(body).kind).toBe('request'),
  );
  it.each([
    '[]',
    'null',
    '{"session_name":5}',
    '{"includes":["x"]}',
    '{',
    '{"include":[""]}',
    '{"recursive":"yes"}',
    '"x"',
  ])('%j is refused with a reason', (body) =>
    expect(parseWatchRequest(body)).toMatchObject({ kind: 'rejected', reason: expect.stringMatching(/.{10}/) }),
  );
});
