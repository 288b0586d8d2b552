import type { RpcData } from '../rpc-data';

/**
 * Adds the properties of a JSON object to trigger metadata, as the script host builds its binding data: names compare
 * without case, a property overrides a field of the trigger but keeps that field's spelling, arrays are left out.
 */
export function mergeJsonProperties(metadata: Record<string, RpcData>, text: string): Record<string, RpcData> {
  const body = objectOf(text);
  if (body === undefined) return metadata;
  const spelling = new Map(Object.keys(metadata).map((name) => [name.toLowerCase(), name]));
  for (const [name, value] of Object.entries(body)) {
    if (Array.isArray(value)) continue;
    const known = spelling.get(name.toLowerCase()) ?? name;
    spelling.set(name.toLowerCase(), known);
    const data = dataOf(value);
    // Defined, not assigned: the name comes from the message, and may be `__proto__`.
    if (data)
      Object.defineProperty(metadata, known, { value: data, enumerable: true, writable: true, configurable: true });
  }
  return metadata;
}

/** Undefined for what is nested deeper than JSON can be written: it is left out rather than losing the whole message. */
function dataOf(value: unknown): RpcData | undefined {
  if (typeof value === 'string') return { string: value };
  try {
    return { json: JSON.stringify(value) };
  } catch {
    return undefined;
  }
}

function objectOf(text: string): object | undefined {
  if (!/^\s*\{/.test(text)) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
