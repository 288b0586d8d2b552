import { consoleLog } from '../../../local-host/console-log';
import type { ConsoleLogOptions } from '../../../local-host/console-log';
import type { LogRecord } from '../../../local-host/worker-protocol';

function written(records: Partial<LogRecord>[], options: Partial<ConsoleLogOptions> = {}): string {
  let text = '';
  const log = consoleLog({ logLevel: {}, fancy: false, verbose: false, write: (line) => (text += line), ...options });
  for (const record of records) log({ time: 0, level: 'information', category: 'system', message: 'm', ...record });
  return text;
}

describe('consoleLog', () => {
  test('writes plain lines for those who wait for them', () => {
    expect(written([{ message: 'Job host started' }])).toBe('Job host started\n');
  });

  test('stamps each record of a log file with time and level, and sets its further lines in', () => {
    expect(written([{ message: 'm\nat f (x.js)', level: 'warning' }], { stamped: true })).toBe(
      '1970-01-01T00:00:00.000Z warning     m\n  at f (x.js)\n',
    );
  });

  test('adds time and colour on a terminal', () => {
    expect(written([{ message: 'm', level: 'warning' }], { fancy: true })).toBe(
      '\x1b[90m[1970-01-01T00:00:00.000Z]\x1b[39m \x1b[33mm\x1b[39m\n',
    );
  });

  test('leaves out debug lines unless asked', () => {
    expect(written([{ level: 'debug' }])).toBe('');
    expect(written([{ level: 'debug' }], { verbose: true })).toBe('m\n');
  });

  test('the most specific level of host.json counts', () => {
    const logLevel = { default: 'Error', Function: 'Warning', 'Function.a': 'Information', 'function.a.user': 'None' };
    const levels = (record: Partial<LogRecord>): boolean => written([record], { logLevel }) !== '';
    expect(levels({ level: 'warning' })).toBe(false);
    expect(levels({ level: 'error' })).toBe(true);
    expect(levels({ functionName: 'b' })).toBe(false);
    expect(levels({ functionName: 'b', level: 'warning' })).toBe(true);
    expect(levels({ functionName: 'a' })).toBe(true);
    expect(levels({ functionName: 'a', category: 'user', level: 'critical' })).toBe(false);
  });
});
