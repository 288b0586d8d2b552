/**
 * Whether a text is an NCRONTAB expression of six fields, as timer triggers take it
 * (https://learn.microsoft.com/azure/azure-functions/functions-bindings-timer#ncrontab-expressions).
 */
const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const DAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

interface Field {
  readonly min: number;
  readonly max: number;
  /** Names of its numbers, from `min` on. */
  readonly names?: readonly string[];
}

const FIELDS: readonly Field[] = [
  { min: 0, max: 59 },
  { min: 0, max: 59 },
  { min: 0, max: 23 },
  { min: 1, max: 31 },
  { min: 1, max: 12, names: MONTHS },
  { min: 0, max: 6, names: DAYS },
];

export function isNcrontab(text: string): boolean {
  const parts = text.trim().split(/\s+/);
  return (
    parts.length === FIELDS.length &&
    FIELDS.every((field, i) => (parts[i] ?? '').split(',').every((item) => isItem(item, field)))
  );
}

/** `*`, `5`, `5-9`, `MON-FRI`, each with `/3`. */
function isItem(item: string, field: Field): boolean {
  const [range = '', step, ...more] = item.split('/');
  if (more.length > 0 || (step !== undefined && !/^[1-9]\d*$/.test(step))) return false;
  if (range === '*') return true;
  const ends = range.split('-').map((end) => numberOf(end, field));
  return ends.length <= 2 && ends.every((end) => end >= field.min && end <= field.max);
}

/** NaN for what is none. */
function numberOf(text: string, { min, names = [] }: Field): number {
  const named = names.findIndex((name) => text.toUpperCase().startsWith(name));
  return named >= 0 ? named + min : /^\d+$/.test(text) ? Number(text) : NaN;
}
