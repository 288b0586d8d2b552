/** When a schedule is due next. Pure: time comes in and goes out as milliseconds since the epoch. */
import type { CronFields, Schedule } from './schedule-expression';

/** Leap days on a given weekday can lie 40 years apart; what does not come in this time never comes (30 February). */
const YEARS_AHEAD = 50;

/** The first moment after `after`; undefined when there is none. Cron fields are read in `timeZone` (IANA; default UTC). */
export function nextOccurrence(schedule: Schedule, after: number, timeZone = 'UTC'): number | undefined {
  if (schedule.kind === 'interval') return after + schedule.ms;
  if (timeZone === 'UTC') return nextOnWall(schedule.fields, after);
  let wall = after + offsetAt(timeZone, after);
  for (;;) {
    const next = nextOnWall(schedule.fields, wall);
    if (next === undefined) return undefined;
    const instant = instantOf(next, timeZone);
    // When clocks go back an hour of wall time comes twice; each of its occurrences counts once.
    if (instant > after) return instant;
    wall = next;
  }
}

/** Whether two of the next occurrences lie less than a minute apart: such schedules are not monitored. */
export function isFasterThanAMinute(schedule: Schedule, from: number, timeZone?: string): boolean {
  if (schedule.kind === 'interval') return schedule.ms < 60_000;
  let last = nextOccurrence(schedule, from, timeZone);
  for (let i = 0; i < 4 && last !== undefined; i++) {
    const next = nextOccurrence(schedule, last, timeZone);
    if (next !== undefined && next - last < 60_000) return true;
    last = next;
  }
  return false;
}

/** Wall time counts as if it were UTC. */
function nextOnWall(fields: CronFields, after: number): number | undefined {
  const start = new Date(Math.floor(after / 1000) * 1000 + 1000);
  const lastYear = start.getUTCFullYear() + YEARS_AHEAD;
  const startDay = Date.UTC(start.getUTCFullYear(), start.getUTCMonth(), start.getUTCDate());
  const timeToday = firstTime(fields, start.getUTCHours(), start.getUTCMinutes(), start.getUTCSeconds());
  if (isDay(fields, startDay) && timeToday !== undefined) return startDay + timeToday;
  const firstTimeOfDay = firstTime(fields, 0, 0, 0) ?? 0;
  let year = start.getUTCFullYear();
  let month = start.getUTCMonth();
  let dayAfter = start.getUTCDate();
  while (year <= lastYear) {
    if (fields.months.includes(month + 1)) {
      for (const day of fields.days) {
        const midnight = Date.UTC(year, month, day);
        if (day > dayAfter && new Date(midnight).getUTCMonth() === month && isDay(fields, midnight)) {
          return midnight + firstTimeOfDay;
        }
      }
    }
    month += 1;
    dayAfter = 0;
    if (month === 12) [month, year] = [0, year + 1];
  }
  return undefined;
}

function isDay(fields: CronFields, midnight: number): boolean {
  const date = new Date(midnight);
  return (
    fields.months.includes(date.getUTCMonth() + 1) &&
    fields.days.includes(date.getUTCDate()) &&
    fields.weekdays.includes(date.getUTCDay())
  );
}

/** Milliseconds into the day of the first time at or after the given one. */
function firstTime({ hours, minutes, seconds }: CronFields, h: number, m: number, s: number): number | undefined {
  const at = (hour: number, minute: number, second: number): number => ((hour * 60 + minute) * 60 + second) * 1000;
  const [minute0 = 0] = minutes;
  const [second0 = 0] = seconds;
  if (hours.includes(h)) {
    const second = seconds.find((value) => value >= s);
    if (minutes.includes(m) && second !== undefined) return at(h, m, second);
    const minute = minutes.find((value) => value > m);
    if (minute !== undefined) return at(h, minute, second0);
  }
  const hour = hours.find((value) => value > h);
  return hour === undefined ? undefined : at(hour, minute0, second0);
}

/** Wall time in a zone to an instant; a time that clocks skip is moved on by what they skip. */
function instantOf(wall: number, timeZone: string): number {
  const guess = wall - offsetAt(timeZone, wall);
  const early = wall - offsetAt(timeZone, guess - 86_400_000);
  if (early + offsetAt(timeZone, early) === wall) return early;
  const late = wall - offsetAt(timeZone, guess + 86_400_000);
  return late + offsetAt(timeZone, late) === wall ? late : early;
}

/** Milliseconds that wall clocks are ahead of UTC. */
function offsetAt(timeZone: string, instant: number): number {
  const part = new Map(
    formatOf(timeZone)
      .formatToParts(instant)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const of = (type: Intl.DateTimeFormatPartTypes): number => part.get(type) ?? 0;
  const wall = Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second'));
  return wall - Math.floor(instant / 1000) * 1000;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timeZone: string): Intl.DateTimeFormat {
  let format = formats.get(timeZone);
  if (!format) {
    const numeric = 'numeric' as const;
    format = new Intl.DateTimeFormat('en-US', {
      ...{ timeZone, calendar: 'iso8601', hourCycle: 'h23', year: numeric, month: numeric, day: numeric },
      ...{ hour: numeric, minute: numeric, second: numeric },
    });
    formats.set(timeZone, format);
  }
  return format;
}
