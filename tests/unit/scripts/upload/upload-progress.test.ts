import { progressLine, size } from '../../../../scripts/upload/upload-progress';

const MiB = 1024 * 1024;

it('says how far, how fast and how long', () => {
  expect(progressLine('film.mp4', 400 * MiB, 1000 * MiB, 400 * MiB, 4)).toBe(
    'film.mp4  40 %  400.0 MiB of 1000.0 MiB  100.0 MiB/s  6 s left',
  );
});

it('reckons with what this run sent, not with what was there', () => {
  expect(progressLine('f', 900 * MiB, 1000 * MiB, 100 * MiB, 10)).toContain('10.0 MiB/s  10 s left');
  expect(progressLine('f', 0, 1000 * MiB, 0, 1)).toBe('f  0 %  0 B of 1000.0 MiB  0 B/s');
  expect(progressLine('f', 0, 7_300 * 1024 * MiB, MiB, 1)).toMatch(/2076 h \d+ min left/);
});

it.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1536, '1.5 KiB'],
  [5 * 1024 ** 4, '5.0 TiB'],
  [9000 * 1024 ** 4, '9000.0 TiB'],
])('writes %d as %s', (bytes, text) => {
  expect(size(bytes)).toBe(text);
});
