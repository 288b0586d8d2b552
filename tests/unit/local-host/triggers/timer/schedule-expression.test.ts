import { parseSchedule, type CronFields } from '../../../../../local-host/triggers/timer/schedule-expression';

function cron(text: string): CronFields {
  const schedule = parseSchedule(text);
  if (schedule?.kind !== 'cron') throw new Error(`'${text}' is no cron expression`);
  return schedule.fields;
}

describe('a schedule expression', () => {
  test('has six fields, seconds first', () => {
    expect(cron('1 2 3 4 5 6')).toEqual({
      seconds: [1],
      minutes: [2],
      hours: [3],
      days: [4],
      months: [5],
      weekdays: [6],
    });
  });

  test('with five fields runs at second 0', () => {
    expect(cron('*/15 * * * *')).toMatchObject({ seconds: [0], minutes: [0, 15, 30, 45] });
  });

  test('takes lists, ranges, steps and names', () => {
    expect(cron('0,30 10-12 8-18/5 */10 jan-mar,December mon,WED,Fri')).toEqual({
      seconds: [0, 30],
      minutes: [10, 11, 12],
      hours: [8, 13, 18],
      days: [1, 11, 21, 31],
      months: [1, 2, 3, 12],
      weekdays: [1, 3, 5],
    });
  });

  test('counts a step on a single number to the end of the field', () => {
    expect(cron('50/4 * * * * *').seconds).toEqual([50, 54, 58]);
  });

  test('turns a backward range around, as NCrontab does', () => {
    expect(cron('0 5-3 * * * *').minutes).toEqual([3, 4, 5]);
  });

  test('may be a TimeSpan', () => {
    expect(parseSchedule('00:00:04')).toEqual({ kind: 'interval', text: '00:00:04', ms: 4000 });
    expect(parseSchedule('1.02:00:00')).toMatchObject({ ms: 26 * 3_600_000 });
    expect(parseSchedule('00:00:02.5')).toMatchObject({ ms: 2500 });
  });

  test.each([
    'every tuesday',
    '',
    '* * * *',
    '* * * * * * *',
    '60 * * * * *',
    '* * 24 * * *',
    '* * * 0 * *',
    '* * * * 13 *',
    '* * * * * 7',
    '*/0 * * * * *',
    '1-2-3 * * * * *',
    '1/2/3 * * * * *',
    '- * * * * *',
    ', * * * * *',
    '-1 * * * * *',
    '1.5 * * * * *',
    '* * * * xyz *',
    '24:00:00',
    '-00:00:05',
    '00:00:00',
  ])("'%s' is refused", (text) => {
    expect(parseSchedule(text)).toBeUndefined();
  });
});
