import type { AuthLevel } from './http-options';

export interface Keys {
  /** When false, no key is needed anywhere, as under Core Tools. */
  readonly authEnabled: boolean;
  /** Accepted as master key; also as host key. */
  readonly masterKey: string;
  readonly hostKeys: readonly string[];
  readonly functionKeys: Readonly<Record<string, readonly string[]>>;
}

/**
 * The key that a request presents: the header `x-functions-key` wins, even when it is wrong; else the query parameter
 * `code`, its name in any case.
 */
export function presentedKey(
  header: string | undefined,
  query: ReadonlyMap<string, readonly string[]>,
): string | undefined {
  if (header !== undefined) return header;
  for (const [name, values] of query) if (name.toLowerCase() === 'code') return values[0];
  return undefined;
}

/** Whether a key opens a function of this level. Keys compare without case, as the real host compares them. */
export function isAuthorized(level: AuthLevel, functionName: string, key: string | undefined, keys: Keys): boolean {
  if (!keys.authEnabled || level === 'anonymous') return true;
  if (key === undefined || key === '') return false;
  const accepted =
    level === 'admin' ? [keys.masterKey] : [keys.masterKey, ...keys.hostKeys, ...functionKeysOf(functionName, keys)];
  return accepted.some((candidate) => candidate.toLowerCase() === key.toLowerCase());
}

function functionKeysOf(functionName: string, keys: Keys): readonly string[] {
  const wanted = functionName.toLowerCase();
  return Object.entries(keys.functionKeys).find(([name]) => name.toLowerCase() === wanted)?.[1] ?? [];
}
