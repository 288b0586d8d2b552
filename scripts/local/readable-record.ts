/** Fields that a terminal leaves out; they stand in the log. */
const LEFT_OUT: ReadonlySet<string> = new Set(['level', 'message', 'reason', 'error', 'stack', 'traceId', 'spanId']);

/**
 * A structured record of the app's log (`{"level":…,"message":…}`) as a sentence for a terminal: message, cause, then the
 * fields that tell which item it is about. Text that holds no record stays as it is.
 */
export function readableRecord(text: string): string {
  const start = text.indexOf('{"level":');
  if (start === -1) return text;
  let record: Record<string, unknown>;
  try {
    record = JSON.parse(text.slice(start)) as Record<string, unknown>;
  } catch {
    return text;
  }
  const { message } = record;
  if (typeof message !== 'string') return text;
  const cause = [record['reason'], record['error']].find((part) => typeof part === 'string')?.split('\n', 1)[0];
  const fields = Object.entries(record)
    .filter(([name, value]) => !LEFT_OUT.has(name) && value !== null)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  return `${text.slice(0, start)}${message}${cause === undefined ? '' : `: ${cause}`}${fields.length > 0 ? `  (${fields.join(', ')})` : ''}`;
}
