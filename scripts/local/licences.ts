import { readFileSync } from 'node:fs';

/** Licences that may stand in a product under MIT without further duties for its users. */
const ALLOWED = new Set([
  'MIT',
  'MIT-0',
  'ISC',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'BlueOak-1.0.0',
  'Unlicense',
  'CC0-1.0',
  'CC-BY-4.0',
  'CC-BY-3.0',
  'Python-2.0',
  'WTFPL',
  'Zlib',
]);

/** Packages that name their licence by a link or not in SPDX; what they say was read: public domain or MIT. */
const READ_BY_HAND = new Set(['uri-templates', 'semaphore']);

interface LockedPackage {
  readonly license?: string;
}

/** A line for each package of the lock file whose licence is none of the allowed ones, or unknown. */
export function refusedLicences(lockFile: string): readonly string[] {
  const { packages } = JSON.parse(readFileSync(lockFile, 'utf8')) as { packages: Record<string, LockedPackage> };
  return Object.entries(packages).flatMap(([place, { license }]) => {
    const name = place.replace(/^.*node_modules\//, '');
    if (place === '' || READ_BY_HAND.has(name) || (license !== undefined && isAllowed(license))) return [];
    return [`${name}: licence ${license ?? 'unknown'} is not one of ${[...ALLOWED].join(', ')}`];
  });
}

/** Understands `A`, `(A OR B)` and `A AND B` of SPDX. */
function isAllowed(expression: string): boolean {
  const bare = expression.replace(/[()]/g, ' ').trim();
  if (bare.includes(' AND ')) return bare.split(' AND ').every((part) => isAllowed(part));
  return bare.split(' OR ').some((part) => ALLOWED.has(part.trim()));
}
