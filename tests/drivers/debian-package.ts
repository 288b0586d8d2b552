import { existsSync } from 'node:fs';

/**
 * For tests that need programs of a Debian package. In CI, where `.ci/run` installs them, a missing one fails; on a machine
 * without it the tests are skipped and the reason printed.
 */
export function describeWith(packages: string, files: readonly string[]): jest.Describe {
  const missing = files.filter((file) => !existsSync(file));
  if (missing.length === 0) return describe;
  const reason = `${missing.join(', ')} missing; on Debian: apt-get install ${packages}`;
  if (process.env.CI !== undefined && process.env.CI !== '') throw new Error(reason);
  console.warn(`Skipped: ${reason}`);
  return describe.skip;
}
