import fc from 'fast-check';
import { isFasterThanAMinute, nextOccurrence } from '../../../../../local-host/triggers/timer/next-occurrence';
import { parseSchedule, type Schedule } from '../../../../../local-host/triggers/timer/schedule-expression';

function schedule(text: string): Schedule {
  const parsed = parseSchedule(text);
  if (!parsed) throw new Error(`'${text}' is no schedule`);
  return parsed;
}

function next(text: string, after: string, timeZone?: string): string | undefined {
  const at = nextOccurrence(schedule(text), Date.parse(after), timeZone);
  return at === undefined ? undefined : new Date(at).toISOString();
}

describe('the next occurrence', () => {
  test.each([
    ['0 30 4 29 2 *', '2026-11-22T16:00:00Z', '2028-02-29T04:30:00.000Z'],
    ['*/3 * * * * *', '2026-11-22T16:00:00.001Z', '2026-11-22T16:00:03.000Z'],
    ['0 0 3 1 1 *', '2026-01-01T03:00:00Z', '2027-01-01T03:00:00.000Z'],
    ['0 0 3 1 1 *', '2026-01-01T02:59:59.999Z', '2026-01-01T03:00:00.000Z'],
    ['59 59 23 31 12 *', '2026-12-31T23:59:58Z', '2026-12-31T23:59:59.000Z'],
    ['0 0 0 31 * *', '2026-04-01T00:00:00Z', '2026-05-31T00:00:00.000Z'],
    ['0 15,45 9-17 * * 1-5', '2026-11-20T17:45:00Z', '2026-11-23T09:15:00.000Z'],
  ])('of %s after %s is %s', (text, after, expected) => {
    expect(next(text, after)).toBe(expected);
  });

  test('needs the day and the day of week to match', () => {
    expect(next('0 0 0 13 * 5', '2026-11-14T00:00:00Z')).toBe('2027-08-13T00:00:00.000Z');
  });

  test('of a day that never comes is none', () => {
    expect(next('0 0 0 30 2 *', '2026-01-01T00:00:00Z')).toBeUndefined();
  });

  test('of a leap day on a Monday is found decades ahead', () => {
    expect(next('0 0 0 29 2 1', '2024-03-01T00:00:00Z')).toBe('2044-02-29T00:00:00.000Z');
  });

  test('of an interval is that much later', () => {
    expect(next('00:00:04', '2026-01-01T00:00:00.5Z')).toBe('2026-01-01T00:00:04.500Z');
  });

  test('is read in the given zone', () => {
    expect(next('0 0 9 * * *', '2026-01-10T00:00:00Z', 'Europe/Vienna')).toBe('2026-01-10T08:00:00.000Z');
    expect(next('0 0 9 * * *', '2026-07-10T00:00:00Z', 'Europe/Vienna')).toBe('2026-07-10T07:00:00.000Z');
    expect(next('0 30 9 * * *', '2026-07-10T05:00:00Z', 'Asia/Kolkata')).toBe('2026-07-11T04:00:00.000Z');
  });

  test('at a time that the clocks skip comes when they have skipped it, once', () => {
    const text = '0 30 2 * * *';
    expect(next(text, '2026-03-28T12:00:00Z', 'Europe/Vienna')).toBe('2026-03-29T01:30:00.000Z');
    expect(next(text, '2026-03-29T01:30:00Z', 'Europe/Vienna')).toBe('2026-03-30T00:30:00.000Z');
  });

  test('at a time that comes twice when the clocks go back counts once', () => {
    const text = '0 30 2 * * *';
    expect(next(text, '2026-10-24T12:00:00Z', 'Europe/Vienna')).toBe('2026-10-25T00:30:00.000Z');
    expect(next(text, '2026-10-25T00:30:00Z', 'Europe/Vienna')).toBe('2026-10-26T01:30:00.000Z');
  });

  test('always lies ahead, on a second that matches, with none between', () => {
    const field = (most: number, least = 0) =>
      fc.oneof(
        fc.constant('*'),
        fc.integer({ min: least, max: most }).map(String),
        fc.integer({ min: 1, max: most }).map((step) => `*/${step}`),
      );
    const expression = fc.tuple(field(59), field(59), field(23), field(28, 1), field(12, 1), field(6));
    fc.assert(
      fc.property(expression, fc.integer({ min: 0, max: 4e9 }), (fields, seconds) => {
        const parsed = schedule(fields.join(' '));
        const after = seconds * 1000 + 500;
        const at = nextOccurrence(parsed, after);
        if (at === undefined) return;
        expect(at).toBeGreaterThan(after);
        expect(nextOccurrence(parsed, at - 1)).toBe(at);
        expect(nextOccurrence(parsed, Math.floor((after + at) / 2))).toBe(at);
      }),
      { numRuns: 300 },
    );
  });
});

describe('monitoring', () => {
  test.each([
    ['*/5 * * * * *', true],
    ['0,30 0 * * * *', true],
    ['00:00:59', true],
    ['00:01:00', false],
    ['0 * * * * *', false],
    ['0 30 4 29 2 *', false],
  ])('%s is faster than a minute: %s', (text, expected) => {
    expect(isFasterThanAMinute(schedule(text), Date.parse('2026-11-22T16:00:00Z'))).toBe(expected);
  });
});
