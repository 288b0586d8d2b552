import type { LogRecord } from './worker-protocol';

/** Where the host's own lines go. `write` never throws and never blocks. */
export interface Log {
  write(record: LogRecord): void;
  information(message: string): void;
  warning(message: string): void;
  error(message: string): void;
  debug(message: string): void;
}

/** A Log over one sink, for the host's own (`system`) lines. */
export function createLog(sink: (record: LogRecord) => void, now: () => number = Date.now): Log {
  const at = (level: LogRecord['level']) => (message: string) =>
    sink({ time: now(), level, category: 'system', message });
  return {
    write: sink,
    information: at('information'),
    warning: at('warning'),
    error: at('error'),
    debug: at('debug'),
  };
}
