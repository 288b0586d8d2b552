import { HostStartError } from '../plugin';
import type { HostSettings } from '../settings/host-settings';
import { parseTimeSpan } from '../storage/time-span';

/**
 * `extensions.<name>` of host.json. Names compare without case, as .NET configuration does; values may come as text, which
 * is how `AzureFunctionsJobHost__extensions__…` gives them. Every reader throws a HostStartError that names the value and
 * what it must be: the real host refuses the whole app then.
 */
export class ExtensionSettings {
  readonly #name: string;
  readonly #given: ReadonlyMap<string, unknown>;

  private constructor(name: string, given: ReadonlyMap<string, unknown>) {
    this.#name = name;
    this.#given = given;
  }

  static of(settings: Pick<HostSettings, 'hostJson'>, name: string): ExtensionSettings {
    const extensions = entriesOf(settings.hostJson.extensions);
    const own = extensions.find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1];
    return new ExtensionSettings(name, new Map(entriesOf(own).map(([key, value]) => [key.toLowerCase(), value])));
  }

  /** A section within this one. */
  section(key: string): ExtensionSettings {
    const own = entriesOf(this.#given.get(key.toLowerCase()));
    return new ExtensionSettings(
      `${this.#name}.${key}`,
      new Map(own.map(([name, value]) => [name.toLowerCase(), value])),
    );
  }

  text(key: string): string | undefined {
    const value = this.#value(key);
    return typeof value === 'string' && value !== '' ? value : undefined;
  }

  whole(key: string, least: number, most = Number.MAX_SAFE_INTEGER): number | undefined {
    const value = this.#value(key);
    if (value === undefined) return undefined;
    const number = wholeNumber(value);
    if (number !== undefined && number >= least && number <= most) return number;
    const upper = most === Number.MAX_SAFE_INTEGER ? ' or more' : ` to ${most}`;
    throw this.#wrong(key, value, `a whole number, ${least}${upper}`);
  }

  flag(key: string): boolean | undefined {
    const value = this.#value(key);
    if (value === undefined || typeof value === 'boolean') return value;
    if (typeof value === 'string' && /^(true|false)$/i.test(value)) return value.toLowerCase() === 'true';
    throw this.#wrong(key, value, 'true or false');
  }

  /** Milliseconds of a time such as `"00:00:10"`. */
  span(key: string, leastMs: number, mostMs: number): number | undefined {
    const value = this.#value(key);
    if (value === undefined) return undefined;
    const ms = typeof value === 'string' ? parseTimeSpan(value) : undefined;
    if (ms !== undefined && ms >= leastMs && ms <= mostMs) return ms;
    throw this.#wrong(key, value, `a time such as "00:00:10", ${leastMs / 1000} s to ${mostMs / 1000} s`);
  }

  /** One of these words, compared without case; answered as written here. */
  word<W extends string>(key: string, words: readonly W[]): W | undefined {
    const value = this.#value(key);
    if (value === undefined) return undefined;
    const word = words.find(
      (candidate) => typeof value === 'string' && candidate.toLowerCase() === value.toLowerCase(),
    );
    if (word !== undefined) return word;
    throw this.#wrong(key, value, words.map((candidate) => `"${candidate}"`).join(' or '));
  }

  #value(key: string): unknown {
    return this.#given.get(key.toLowerCase()) ?? undefined;
  }

  #wrong(key: string, value: unknown, wanted: string): HostStartError {
    return new HostStartError(
      `host.json extensions.${this.#name}.${key} is ${JSON.stringify(value)}; it must be ${wanted}.`,
    );
  }
}

export function wholeNumber(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^-?\d+$/.test(value.trim()) ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) ? number : undefined;
}

function entriesOf(value: unknown): [string, unknown][] {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
}
