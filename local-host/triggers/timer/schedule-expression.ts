/**
 * Reads the `schedule` of a timer: an NCRONTAB expression of five or six fields, or a TimeSpan. Pure.
 *
 * NCRONTAB (NCrontab 3.3, as the WebJobs timer extension uses it): second, minute, hour, day, month, day of week; each `*`,
 * a number, a name (months, days), a range `a-b`, a step of any of them with `/n`, or a list of these. A step on a number
 * counts from it to the field's end. Day and day of week must both match, unlike in Unix cron.
 */
import { parseTimeSpan } from '../../storage/time-span';

export interface CronFields {
  readonly seconds: readonly number[];
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly days: readonly number[];
  /** 1–12. */
  readonly months: readonly number[];
  /** 0 is Sunday. */
  readonly weekdays: readonly number[];
}

export type Schedule =
  | { readonly kind: 'cron'; readonly text: string; readonly fields: CronFields }
  | { readonly kind: 'interval'; readonly text: string; readonly ms: number };

interface Field {
  readonly least: number;
  readonly most: number;
  /** In order, the first standing for `least`. */
  readonly names?: readonly string[];
}

const MONTHS = 'january february march april may june july august september october november december'.split(' ');
const WEEKDAYS = 'sunday monday tuesday wednesday thursday friday saturday'.split(' ');
const SECOND: Field = { least: 0, most: 59 };
const MINUTE: Field = { least: 0, most: 59 };
const HOUR: Field = { least: 0, most: 23 };
const DAY: Field = { least: 1, most: 31 };
const MONTH: Field = { least: 1, most: 12, names: MONTHS };
const WEEKDAY: Field = { least: 0, most: 6, names: WEEKDAYS };

/** Undefined when the text is neither. */
export function parseSchedule(text: string): Schedule | undefined {
  const fields = parseCron(text);
  if (fields) return { kind: 'cron', text, fields };
  const ms = parseTimeSpan(text);
  return ms === undefined || ms <= 0 ? undefined : { kind: 'interval', text, ms };
}

function parseCron(text: string): CronFields | undefined {
  const parts = text.trim().split(/\s+/);
  if (parts.length === 5) parts.unshift('0');
  if (parts.length !== 6) return undefined;
  const [seconds, minutes, hours, days, months, weekdays] = [SECOND, MINUTE, HOUR, DAY, MONTH, WEEKDAY].map(
    (field, i) => parseField(parts[i] ?? '', field),
  );
  if (!seconds || !minutes || !hours || !days || !months || !weekdays) return undefined;
  return { seconds, minutes, hours, days, months, weekdays };
}

function parseField(text: string, field: Field): number[] | undefined {
  const values = new Set<number>();
  for (const item of text.split(',')) {
    const found = parseItem(item, field);
    if (!found) return undefined;
    for (const value of found) values.add(value);
  }
  return [...values].sort((a, b) => a - b);
}

function parseItem(text: string, field: Field): number[] | undefined {
  const [range = '', stepText, ...more] = text.split('/');
  const step = stepText === undefined ? 1 : wholeNumber(stepText);
  if (step === undefined || step < 1 || more.length > 0) return undefined;
  const bounds = parseRange(range, field, stepText !== undefined);
  if (!bounds) return undefined;
  const values: number[] = [];
  for (let value = bounds.from; value <= bounds.to; value += step) values.push(value);
  return values;
}

function parseRange(text: string, field: Field, stepped: boolean): { from: number; to: number } | undefined {
  if (text === '*') return { from: field.least, to: field.most };
  const [fromText = '', toText, ...more] = text.split('-');
  const from = parseValue(fromText, field);
  if (from === undefined || more.length > 0) return undefined;
  if (toText === undefined) return { from, to: stepped ? field.most : from };
  const to = parseValue(toText, field);
  if (to === undefined) return undefined;
  // NCrontab turns a backward range around.
  return from <= to ? { from, to } : { from: to, to: from };
}

function parseValue(text: string, { least, most, names }: Field): number | undefined {
  const number = wholeNumber(text);
  if (number !== undefined) return number >= least && number <= most ? number : undefined;
  if (text.length < 3) return undefined;
  const index = names?.findIndex((name) => name.startsWith(text.toLowerCase())) ?? -1;
  return index < 0 ? undefined : least + index;
}

function wholeNumber(text: string): number | undefined {
  return /^\d{1,4}$/.test(text) ? Number(text) : undefined;
}
