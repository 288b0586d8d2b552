/** A value that cannot be missing unless the engine has a bug, which this then names. */
export function known<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`Durable engine: ${what} is missing. This is a bug of the local host.`);
  return value;
}
