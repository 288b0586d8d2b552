import { settingNames } from '../../src/config/settings';
import { nearestOf } from '../../local-host/cli-arguments';

/** Beginnings that only Sluice's own settings have, such as `APP_` and `ORDERS_`. */
const PREFIXES: readonly string[] = [
  ...new Set(
    settingNames
      .filter((name) => /^[A-Z]+_/.test(name) && !/^(OTEL|LOG|APPLICATIONINSIGHTS)_/.test(name))
      .map((name) => `${name.split('_')[0]}_`),
  ),
];

/**
 * A warning for each setting that looks like one of Sluice's and is none, with the one that was probably meant. A misspelt
 * setting would otherwise leave the default in force without a word.
 */
export function unknownSettings(environment: Readonly<Record<string, string>>): string[] {
  const known: ReadonlySet<string> = new Set(settingNames);
  return Object.keys(environment)
    .filter((name) => !known.has(name) && PREFIXES.some((prefix) => name.toUpperCase().startsWith(prefix)))
    .map((name) => {
      const near = nearestOf(name, settingNames);
      return `There is no setting ${name}${near === undefined ? '.' : `; is ${near} meant?`} It has no effect. All settings: docs/settings.md`;
    });
}
