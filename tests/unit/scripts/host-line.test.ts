import { parseHostLine, terminalFilter } from '../../../scripts/local/host-line';

const stamp = (level: string): string => `2026-01-31T12:00:00.000Z ${level.padEnd(11)} `;

describe('a line of the host under npm start', () => {
  test('is told apart by its stamp', () => {
    expect(parseHostLine(`${stamp('warning')}Queue 'jobs' does not answer`)).toEqual({
      level: 'warning',
      text: "Queue 'jobs' does not answer",
    });
    expect(parseHostLine('  at f (x.js)').level).toBe('more');
    expect(parseHostLine('FATAL ERROR: heap out of memory').level).toBe('none');
  });

  test('is shown for its level, whatever its words', () => {
    const show = terminalFilter(false);
    const shown = [
      `${stamp('information')}no error, no failure, no warning`,
      '  more of it',
      `${stamp('warning')}Storage does not answer`,
      '  because',
      '    at f (/app/x.js:1:2)',
      `${stamp('debug')}x`,
      `${stamp('error')}{"level":"error","message":"broken","code":"X"}`,
      'FATAL ERROR: heap out of memory',
    ].map((line) => show(line));
    expect(shown.filter((text) => text !== undefined)).toEqual([
      'Storage does not answer',
      '  because',
      'broken  (code=X)',
      'FATAL ERROR: heap out of memory',
    ]);
  });

  test('is always shown when all was asked for', () => {
    expect(terminalFilter(true)(`${stamp('debug')}x`)).toBe('x');
  });
});
