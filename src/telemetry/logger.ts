/**
 * Structured logs: one JSON object a line with the level, the message, the trace it belongs to and the pipeline's own keys.
 * Inside an invocation the line goes to that invocation's log, so that the host files it under the function.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { trace } from '@opentelemetry/api';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** The part of an invocation's context that takes log lines. */
export interface InvocationLog {
  debug(...args: unknown[]): void;
  info(...args: unknown[]): void;
  warn(...args: unknown[]): void;
  error(...args: unknown[]): void;
}

export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields, error?: unknown): void;
}

export interface PlainLogger extends Logger {
  /** A line at level info whose wording others rely on: the record's message as it stands, without JSON around it. */
  plain(line: string): void;
}

const order: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];
const invocation = new AsyncLocalStorage<InvocationLog>();

/** Runs `work` so that everything logged in it goes to this invocation. */
export function withInvocationLog<T>(log: InvocationLog, work: () => T): T {
  return invocation.run(log, work);
}

export function createLogger(least: LogLevel): PlainLogger {
  const write = (level: LogLevel, message: string, fields: LogFields = {}, error?: unknown): void => {
    if (order.indexOf(level) < order.indexOf(least)) return;
    const span = trace.getActiveSpan()?.spanContext();
    const line = JSON.stringify({
      level,
      message,
      ...(span ? { traceId: span.traceId, spanId: span.spanId } : {}),
      ...fields,
      ...(error === undefined ? {} : { error: messageOf(error), stack: stackOf(error) }),
    });
    (invocation.getStore() ?? console)[level](line);
  };
  return {
    debug: (message, fields) => write('debug', message, fields),
    info: (message, fields) => write('info', message, fields),
    warn: (message, fields) => write('warn', message, fields),
    error: (message, fields, error) => write('error', message, fields, error),
    plain(line) {
      if (order.indexOf('info') >= order.indexOf(least)) (invocation.getStore() ?? console).info(line);
    },
  };
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export function stackOf(error: unknown): string | undefined {
  return error instanceof Error ? error.stack?.slice(0, 8000) : undefined;
}
