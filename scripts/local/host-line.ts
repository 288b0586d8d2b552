import { readableRecord } from './readable-record';

/** One line of the host's output under `--log-stamps`. */
export interface HostLine {
  /** `more`: a further line of the record before it. `none`: not of the log, such as what Node says of a crash. */
  readonly level: 'trace' | 'debug' | 'information' | 'warning' | 'error' | 'critical' | 'more' | 'none';
  /** Without its stamp. */
  readonly text: string;
}

const STAMPED = /^\d{4}-\d\d-\d\dT[\d:.]+Z (trace|debug|information|warning|error|critical) +/;
const SHOWN = new Set<HostLine['level']>(['warning', 'error', 'critical', 'none']);

export function parseHostLine(line: string): HostLine {
  const [stamp, level] = STAMPED.exec(line) ?? [];
  if (stamp !== undefined) return { level: level as HostLine['level'], text: line.slice(stamp.length) };
  return line.startsWith('  ') ? { level: 'more', text: line } : { level: 'none', text: line };
}

/** A call of a stack. */
const FRAME = /^\s+at .*[:)]/;

/**
 * What of the host's output a terminal shows that shows no more than what is wrong: by level, never by words; records as
 * sentences, and no stacks. Those stand in the log.
 */
export function terminalFilter(verbose: boolean): (line: string) => string | undefined {
  let showing = false;
  return (line) => {
    const { level, text } = parseHostLine(line);
    if (verbose) return text;
    if (level !== 'more') showing = SHOWN.has(level);
    return showing && !(level === 'more' && FRAME.test(text)) ? readableRecord(text) : undefined;
  };
}
