/** A poll never waits longer: the library would split a longer timer, and number what follows differently. */
export const LONGEST_POLL_MS = 6 * 86_400_000;

/**
 * What a `Retry-After` header asks for, in whole seconds: a number of them, or a date (RFC 9110, 10.2.3). Undefined when it
 * cannot be read. No more than six days.
 */
export function retryAfterSeconds(value: string | null, now: number): number | undefined {
  if (value === null || value.trim() === '') return undefined;
  const isNumber = /^\s*\d+(\.\d+)?\s*$/.test(value);
  // `Date.parse` takes almost any number for a year; dates in headers begin with the name of the day.
  if (!isNumber && !/^\s*[a-z]/i.test(value)) return undefined;
  const seconds = isNumber ? Number(value) : (Date.parse(value) - now) / 1000;
  if (Number.isNaN(seconds)) return undefined;
  return Math.min(Math.max(0, Math.ceil(seconds)), LONGEST_POLL_MS / 1000);
}
