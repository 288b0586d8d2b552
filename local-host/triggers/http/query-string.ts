import { decodePercent } from './request-path';

/**
 * Query parameters as the Functions host collects them: names compared without case (the last spelling is kept), values
 * in order, `+` is a space, and what does not decode stays as it came.
 * @param raw the text after `?`
 */
export function parseQuery(raw: string): Map<string, string[]> {
  const byName = new Map<string, { name: string; values: string[] }>();
  for (const part of raw.split('&')) {
    if (part === '') continue;
    const equals = part.indexOf('=');
    const name = decode(equals < 0 ? part : part.slice(0, equals));
    const value = equals < 0 ? '' : decode(part.slice(equals + 1));
    const entry = byName.get(name.toLowerCase());
    if (entry) {
      entry.name = name;
      entry.values.push(value);
    } else byName.set(name.toLowerCase(), { name, values: [value] });
  }
  return new Map([...byName.values()].map((entry) => [entry.name, entry.values]));
}

function decode(text: string): string {
  return decodePercent(text.replaceAll('+', ' '), false);
}
