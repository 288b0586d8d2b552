/** What `npm run upload` says of a run that ends early is what is there. */
import { leftBehind } from '../../../../scripts/upload/upload-ending';

const MiB = 1024 * 1024;

it.each([
  ['stopped', { total: 5 * MiB, kept: 0, arrived: false }, / Nothing of it was sent: .* to begin\.$/],
  ['failed', { total: 5 * MiB, kept: 0, arrived: false }, /^$/],
  [
    'stopped',
    { total: 5 * MiB, kept: 2 * MiB, arrived: false },
    /^ 2\.0 MiB of 5\.0 MiB are .* kept for a week: .* to go on\.$/,
  ],
  [
    'failed',
    { total: 5 * MiB, kept: 2 * MiB, arrived: false },
    /^ 2\.0 MiB of 5\.0 MiB are .* kept for a week: .* to go on\.$/,
  ],
  [
    'failed',
    { total: 5 * MiB, kept: 5 * MiB, arrived: false },
    /^ All its blocks are .* kept for a week: .* to go on\.$/,
  ],
  [
    'stopped',
    { total: 5 * MiB, kept: 5 * MiB, arrived: true },
    /^ All of it is in storage, and the app goes on with it/,
  ],
] as const)('says of what %s with %j what is there', (why, left, words) => {
  expect(leftBehind(left, why)).toMatch(words);
});
