const PATTERN = /^(-)?(?:(\d+)\.)?(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,7}))?)?$/;

/**
 * Milliseconds of a .NET TimeSpan text: `hh:mm`, `hh:mm:ss`, `d.hh:mm:ss.fff`, or a bare number of days.
 * Undefined when the text is none.
 */
export function parseTimeSpan(text: string): number | undefined {
  const trimmed = text.trim();
  if (/^-?\d+$/.test(trimmed)) return Number(trimmed) * 86_400_000;
  const match = PATTERN.exec(trimmed);
  if (!match) return undefined;
  const [, sign, days, hours, minutes, seconds, fraction] = match;
  const [h, m, s] = [Number(hours), Number(minutes), Number(seconds ?? 0)];
  if (h > 23 || m > 59 || s > 59) return undefined;
  const ms = ((Number(days ?? 0) * 24 + h) * 60 + m) * 60_000 + s * 1000 + Number(`0.${fraction ?? '0'}`) * 1000;
  return sign ? -ms : ms;
}
