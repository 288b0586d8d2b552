import { nextOccurrence } from '../../../../local-host/triggers/timer/next-occurrence';
import { parseSchedule } from '../../../../local-host/triggers/timer/schedule-expression';
import { isNcrontab } from '../../../../src/config/ncrontab';
import { settings } from '../../../../src/config/settings';

const good = [
  '0 * * * * *',
  '*/5 * * * * *',
  '0 17 3 * * *',
  ' 0  0-30/5 9-17 1,15 JAN-mar MON-FRI ',
  '59 59 23 31 12 6',
  '0 0 0 * * sunday',
];
const bad = [
  '',
  '* * *',
  '* * * * *',
  '61 * * * * *',
  '0 0 24 * * *',
  '0 0 0 0 * *',
  '0 0 0 * 13 *',
  '0 0 0 * * 8',
  '*/0 * * * * *',
  '1- * * * * *',
  '1-2-3 * * * * *',
  'a * * * * *',
  '0 * * * * * *',
  '00:00:10',
];

test.each(good)('%p is a schedule', (text) => expect(isNcrontab(text)).toBe(true));
test.each(bad)('%p is none', (text) => expect(isNcrontab(text)).toBe(false));

test('whatever is taken here, a timer takes', () => {
  for (const text of good) {
    const schedule = parseSchedule(text.trim());
    expect([text, schedule && typeof nextOccurrence(schedule, 0)]).toEqual([text, 'number']);
  }
});

test.each(['ORDERS_RESUME_SCHEDULE', 'BLOB_EVENTS_SCHEDULE'] as const)('%s takes a schedule alone', (name) => {
  const { schema } = settings[name];
  expect(schema.safeParse(undefined).success).toBe(true);
  expect(schema.safeParse('61 * * * * *').success).toBe(false);
});
