import type { LogRecord } from './worker-protocol';

const LEVELS: readonly LogRecord['level'][] = ['trace', 'debug', 'information', 'warning', 'error', 'critical', 'none'];
const COLOURS: Partial<Record<LogRecord['level'], string>> = {
  warning: '\x1b[33m',
  error: '\x1b[31m',
  critical: '\x1b[31m',
  debug: '\x1b[90m',
  trace: '\x1b[90m',
};
const GREY = '\x1b[90m';
const RESET = '\x1b[39m';

export interface ConsoleLogOptions {
  /** host.json `logging.logLevel`. */
  readonly logLevel: Readonly<Record<string, string>>;
  /** Colours and times, as on a terminal. Plain lines are what scripts and tests wait for. */
  readonly fancy: boolean;
  /** Each record begins with its time and level, its further lines with two spaces: for log files. Default false. */
  readonly stamped?: boolean;
  readonly verbose: boolean;
  readonly write: (text: string) => void;
}

/** Writes log records as lines, leaving out what host.json's log levels exclude. */
export function consoleLog(options: ConsoleLogOptions): (record: LogRecord) => void {
  return (record) => {
    if (!isEnabled(record, options)) return;
    if (options.stamped) return void options.write(stampedRecord(record));
    if (!options.fancy) return void options.write(`${record.message}\n`);
    const colour = COLOURS[record.level];
    const message = colour === undefined ? record.message : `${colour}${record.message}${RESET}`;
    options.write(`${GREY}[${new Date(record.time).toISOString()}]${RESET} ${message}\n`);
  };
}

/** `2026-01-31T12:00:00.000Z warning     text` */
function stampedRecord({ time, level, message }: LogRecord): string {
  return `${new Date(time).toISOString()} ${level.padEnd(11)} ${message.replace(/\r?\n/g, '\n  ')}\n`;
}

function isEnabled(record: LogRecord, options: ConsoleLogOptions): boolean {
  const least = options.verbose ? 'debug' : levelFor(categoryOf(record), options.logLevel);
  return least !== 'none' && LEVELS.indexOf(record.level) >= LEVELS.indexOf(least);
}

/** The .NET category that host.json names: `Function.<name>.User`, `Function.<name>`, or the host's own. */
function categoryOf(record: LogRecord): string {
  if (record.functionName === undefined) return record.category === 'user' ? 'Function' : 'Host';
  return record.category === 'user' ? `Function.${record.functionName}.User` : `Function.${record.functionName}`;
}

/** The most specific rule that is the category or a prefix of it, else `default`, else Information. */
function levelFor(category: string, logLevel: Readonly<Record<string, string>>): LogRecord['level'] {
  const lower = category.toLowerCase();
  const rules = Object.entries(logLevel).filter(
    ([name]) => lower === name.toLowerCase() || lower.startsWith(`${name.toLowerCase()}.`),
  );
  const best =
    rules.sort(([a], [b]) => b.length - a.length)[0]?.[1] ??
    Object.entries(logLevel).find(([name]) => name.toLowerCase() === 'default')?.[1];
  return LEVELS.find((level) => level === best?.toLowerCase()) ?? 'information';
}
