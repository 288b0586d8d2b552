import { statusAfterRun, statusAtStart, toDotnet } from '../../../../../local-host/triggers/timer/schedule-status';

const MINUTE = 60_000;
const everyMinute = (after: number): number => (Math.floor(after / MINUTE) + 1) * MINUTE;
const everyHour = (after: number): number => (Math.floor(after / 3_600_000) + 1) * 3_600_000;
const now = Date.parse('2026-11-22T16:00:30Z');

describe('the status at start', () => {
  test('of a timer that never ran is written, and misses nothing', () => {
    expect(statusAtStart(undefined, now, everyMinute)).toEqual({
      status: { last: undefined, next: now + 30_000, lastUpdated: now },
      changed: true,
      pastDue: false,
    });
  });

  test('is past due when the next run lies behind', () => {
    const last = now - 10 * MINUTE - 30_000;
    const stored = { last, next: last + MINUTE, lastUpdated: last };
    expect(statusAtStart(stored, now, everyMinute)).toEqual({ status: stored, changed: false, pastDue: true });
  });

  test('is past due also for a timer that was started but never ran', () => {
    const stored = { last: undefined, next: now - 9 * MINUTE - 30_000, lastUpdated: now - 10 * MINUTE };
    expect(statusAtStart(stored, now, everyMinute).pastDue).toBe(true);
  });

  test('is not past due while the next run is ahead', () => {
    const last = now - 30_000;
    const stored = { last, next: last + MINUTE, lastUpdated: last };
    expect(statusAtStart(stored, now, everyMinute)).toEqual({ status: stored, changed: false, pastDue: false });
  });

  test('made by another schedule misses nothing and is written anew', () => {
    const last = now - 20_000;
    const stored = { last, next: last + MINUTE, lastUpdated: last };
    expect(statusAtStart(stored, now, everyHour)).toEqual({
      status: { last: undefined, next: everyHour(last), lastUpdated: last },
      changed: true,
      pastDue: false,
    });
  });

  test('made by another schedule whose run lies behind starts from now', () => {
    const last = now - 5 * 3_600_000;
    const stored = { last, next: last + MINUTE, lastUpdated: last };
    expect(statusAtStart(stored, now, everyHour).status).toEqual({
      last: undefined,
      next: everyHour(now),
      lastUpdated: now,
    });
  });
});

describe('the status after a run', () => {
  const before = { last: undefined, next: now, lastUpdated: now - MINUTE };

  test('is counted from its start', () => {
    expect(statusAfterRun(before, now + 100, true, everyMinute)).toMatchObject({ last: now + 100, next: now + 30_000 });
  });

  test('that began a little early is counted from when it was due', () => {
    expect(statusAfterRun(before, now - 5, true, everyMinute).last).toBe(now);
  });

  test('outside the schedule keeps its own time', () => {
    expect(statusAfterRun(before, now - 5, false, everyMinute).last).toBe(now - 5);
  });

  test('is handed to functions with .NET dates', () => {
    expect(toDotnet({ last: undefined, next: undefined, lastUpdated: now })).toEqual({
      Last: '0001-01-01T00:00:00+00:00',
      Next: '9999-12-31T23:59:59+00:00',
      LastUpdated: '2026-11-22T16:00:30+00:00',
    });
  });
});
