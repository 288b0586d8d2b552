/**
 * Request paths as Kestrel hands them to the Functions host: percent-decoded as UTF-8 except `%2F`, with whatever does not
 * decode left as it came, and dot segments removed.
 */

/** The decoded path, or undefined where the real host answers 400 (a NUL character). */
export function decodePath(rawPath: string): string | undefined {
  if (rawPath.includes('%00') || rawPath.includes('\0')) return undefined;
  return removeDotSegments(decodePercent(rawPath, true));
}

/** Decodes runs of `%XX`; bytes that are not UTF-8 stay encoded. `keepSlash` leaves `%2F` as it is. */
export function decodePercent(text: string, keepSlash: boolean): string {
  if (!text.includes('%')) return text;
  return text.replace(/(?:%[0-9a-fA-F]{2})+/g, (run) => decodeRun(run, keepSlash));
}

function decodeRun(run: string, keepSlash: boolean): string {
  const bytes = Buffer.from(run.replaceAll('%', ''), 'hex');
  let out = '';
  for (let i = 0; i < bytes.length;) {
    const first = bytes[i] ?? 0;
    const length = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    const char = keepSlash && first === 0x2f ? undefined : decodeUtf8(bytes.subarray(i, i + length));
    if (char === undefined) {
      out += run.slice(i * 3, i * 3 + 3);
      i += 1;
    } else {
      out += char;
      i += length;
    }
  }
  return out;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

function removeDotSegments(path: string): string {
  if (!path.includes('/.')) return path;
  const kept: string[] = [];
  const segments = path.split('/');
  segments.forEach((segment, index) => {
    const last = index === segments.length - 1;
    if (segment === '.') {
      if (last) kept.push('');
    } else if (segment === '..') {
      if (kept.length > 1) kept.pop();
      if (last) kept.push('');
    } else kept.push(segment);
  });
  return kept.join('/');
}

const UNSAFE = /[^A-Za-z0-9\-._~!$&'()*+,;=:@/]+/gu;

/**
 * Encodes a decoded path again, as the host does for the URL that a function sees. `keepEscapes` leaves what still looks
 * like `%XX` alone (buffered requests); without it every `%` becomes `%25` (streamed requests).
 */
export function encodePath(path: string, keepEscapes: boolean): string {
  if (!keepEscapes) return path.replace(UNSAFE, encodeBytes);
  return path
    .split(/(%[0-9a-fA-F]{2})/)
    .map((part, index) => (index % 2 === 1 ? part : part.replace(UNSAFE, encodeBytes)))
    .join('');
}

function encodeBytes(text: string): string {
  let out = '';
  for (const byte of Buffer.from(text, 'utf8')) out += `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  return out;
}
