import { parseTimeSpan } from '../../../../local-host/storage/time-span';

test.each([
  ['00:00:02', 2000],
  ['00:01', 60_000],
  ['1.00:00:00', 86_400_000],
  ['-00:00:01', -1000],
  ['00:00:00.1234567', 123.4567],
  ['7', 604_800_000],
  [' 00:00:01 ', 1000],
  ['24:00:00', undefined],
  ['00:60:00', undefined],
  ['', undefined],
  ['soon', undefined],
])('the TimeSpan %j is %p ms', (text, ms) => {
  expect(parseTimeSpan(text)).toBe(ms);
});
