import { judgeStability, type FileState, type Sighting } from '../../../../../src/domain/share/stability';
import { parcelLength } from '../../../../../src/domain/share/parcel';
import { retryDelayMs } from '../../../../../src/domain/share/retry-delay';
import { LeaseSightings } from '../../../../../src/domain/lease-sightings';

const rules = { minAgeMs: 5_000, minGapMs: 1_000 };
const T = 1_800_000_000_000;
const state = (mtimeMs: number, size = 1): FileState => ({ ino: '1', size, mtimeNs: `${mtimeMs}000000` });

/** Looks at these times (wall, monotonic) and states; was it stable at the last? */
function looks(...sights: readonly (readonly [number, number, FileState])[]): boolean {
  let earlier: Sighting | undefined;
  let stable = false;
  for (const [wallMs, monotonicMs, seen] of sights)
    ({ stable, sighting: earlier } = judgeStability(earlier, seen, { wallMs, monotonicMs }, rules));
  return stable;
}

it('one look is never enough, however old the file', () => {
  expect(looks([T, 0, state(0)])).toBe(false);
});

it('an old file is stable at the second look, a young one once it is old enough', () => {
  expect(looks([T, 0, state(T - 60_000)], [T + 2_000, 2_000, state(T - 60_000)])).toBe(true);
  expect(looks([T, 0, state(T)], [T + 2_000, 2_000, state(T)])).toBe(false);
  expect(looks([T, 0, state(T)], [T + 2_000, 2_000, state(T)], [T + 5_000, 5_000, state(T)])).toBe(true);
});

it('two looks in quick succession count as one', () => {
  expect(looks([T, 0, state(0)], [T + 10, 10, state(0)])).toBe(false);
});

it('a change of size, time or inode begins anew', () => {
  const changed: FileState[] = [state(0, 2), state(1), { ...state(0), ino: '2' }];
  for (const next of changed) expect(looks([T, 0, state(0)], [T + 9_000, 9_000, next])).toBe(false);
});

it('a file from the future is watched for as long as it would have to be old', () => {
  const future = state(T + 1e9);
  expect(looks([T, 0, future], [T + 4_000, 4_000, future])).toBe(false);
  expect(looks([T, 0, future], [T + 5_000, 5_000, future])).toBe(true);
});

it('a clock that jumps makes no file old', () => {
  const young = state(T);
  expect(looks([T, 0, young], [T + 3_600_000, 2_000, young])).toBe(false);
  expect(looks([T, 0, young], [T - 3_600_000, 5_000, young])).toBe(true);
});

it('parcels hold one large file, or small ones up to their bounds', () => {
  const file = (size: number, path = 'p') => ({ path, size });
  expect(parcelLength([], 100)).toBe(0);
  expect(parcelLength([file(101), file(1)], 100)).toBe(1);
  expect(parcelLength([file(1), file(1), file(101), file(1)], 100)).toBe(2);
  expect(
    parcelLength(
      Array.from({ length: 500 }, () => file(1)),
      100,
    ),
  ).toBe(128);
  expect(
    parcelLength(
      Array.from({ length: 500 }, () => file(1, 'x'.repeat(1_000))),
      100,
    ),
  ).toBe(24);
});

it('retries wait longer each time, up to five minutes, and not all at once', () => {
  expect([1, 2, 3, 20].map((n) => retryDelayMs(n, 1))).toEqual([2_000, 4_000, 8_000, 300_000]);
  expect(retryDelayMs(1, 0)).toBe(1_000);
});

it('a lease that nobody renewed has ended, whatever the clock on the wall says', () => {
  const sightings = new LeaseSightings();
  expect(sightings.hasEnded('k', 'a 1', 0, 60_000)).toBe(false);
  expect(sightings.hasEnded('k', 'a 1', 60_000, 60_000)).toBe(false);
  expect(sightings.hasEnded('k', 'a 2', 60_001, 60_000)).toBe(false);
  expect(sightings.hasEnded('k', 'a 2', 120_002, 60_000)).toBe(true);
});
