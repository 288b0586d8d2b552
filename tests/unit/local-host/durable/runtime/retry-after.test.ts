import { retryAfterSeconds } from '../../../../../local-host/durable/runtime/retry-after';

const NOW = Date.parse('2030-01-01T00:00:00Z');

test.each([
  ['120', 120],
  ['0', 0],
  [' 1.2 ', 2],
  ['Tue, 01 Jan 2030 00:01:00 GMT', 60],
  ['Mon, 31 Dec 2029 00:00:00 GMT', 0],
  ['99999999999', 6 * 86_400],
  ['Fri, 01 Jan 2100 00:00:00 GMT', 6 * 86_400],
  ['soon', undefined],
  ['-5', undefined],
  ['', undefined],
  [null, undefined],
])('%j means %j seconds', (value, seconds) => {
  expect(retryAfterSeconds(value, NOW)).toBe(seconds);
});
