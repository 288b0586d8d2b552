import { settingNames } from '../../src/config/settings';
import { nearestOf } from '../../local-host/cli-arguments';

/** Beginnings that others share: their names are read by libraries too. */
const SHARED = /^(OTEL|LOG|APPLICATIONINSIGHTS)_/i;

/** Beginnings that only Sluice's own settings have, such as `APP_` and `ORDERS_`. */
const PREFIXES: readonly string[] = [
  ...new Set(
    settingNames.filter((name) => /^[A-Z]+_/.test(name) && !SHARED.test(name)).map((name) => `${name.split('_')[0]}_`),
  ),
];

/**
 * A warning for each setting that looks like one of Sluice's (begins as they do, or is a few letters away from one) and is none,
 * with the one that was probably meant. A misspelt setting would otherwise leave the default in force without a word.
 */
export function unknownSettings(environment: Readonly<Record<string, string>>): string[] {
  const known: ReadonlySet<string> = new Set(settingNames);
  return Object.keys(environment).flatMap((name) => {
    if (known.has(name)) return [];
    const near = nearestOf(name, settingNames);
    const ours = PREFIXES.some((prefix) => name.toUpperCase().startsWith(prefix));
    if (!ours && (near === undefined || !alike(name, near))) return [];
    return [
      `There is no setting ${name}${near === undefined ? '.' : `; is ${near} meant?`} It has no effect. All settings: docs/settings.md`,
    ];
  });
}

/** Of a name that could be anybody's: long enough, and its first letters the same. */
function alike(name: string, near: string): boolean {
  return name.length >= 7 && !SHARED.test(name) && name.slice(0, 3).toUpperCase() === near.slice(0, 3).toUpperCase();
}
