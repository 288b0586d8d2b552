/** Bytes to text, and what there is to say about them. */

export type TextEncoding = 'utf-8' | 'utf-16le' | 'utf-16be';

export type Decoded =
  | {
      readonly kind: 'text';
      /** Without the byte order mark. */
      readonly text: string;
      readonly encoding: TextEncoding;
      readonly byteOrderMark: boolean;
      /** U+FFFD in place of bytes that are not valid in the encoding; one for each maximal part, as the WHATWG standard has it. */
      readonly replaced: number;
    }
  | { readonly kind: 'binary'; readonly reason: string };

/** Bytes that are looked at where there is no byte order mark. */
const SAMPLE = 64 * 1024;
/** Of replaced or control characters; text has fewer. */
const MOST_STRAY = 0.1;
const REPLACEMENT = '\uFFFD';

/**
 * Decodes by the byte order mark (UTF-8, UTF-16); without one, as UTF-16 where every other byte of the first 64 KiB is mostly zero,
 * else as UTF-8. Bad bytes are replaced and counted. Refuses what is no text in any of these: with NUL bytes, or with more than a
 * tenth of bad bytes. No bytes are the empty text.
 */
export function decodeText(bytes: Uint8Array): Decoded {
  const mark = byteOrderMark(bytes);
  const encoding = mark?.encoding ?? guessed(bytes);
  const text = new TextDecoder(encoding, { ignoreBOM: true }).decode(mark ? bytes.subarray(mark.length) : bytes);
  const replaced = count(text, REPLACEMENT) - spelled(bytes, encoding);
  const nul = text.indexOf('\0');
  if (nul >= 0)
    return { kind: 'binary', reason: `There is a NUL byte in line ${lineOf(text, nul)}, as text does not have them.` };
  if (replaced > Math.max(2, text.length * MOST_STRAY))
    return {
      kind: 'binary',
      reason: `${replaced} of ${text.length} characters are not valid ${encoding === 'utf-8' ? 'UTF-8' : 'UTF-16'}.`,
    };
  return { kind: 'text', text, encoding, byteOrderMark: mark !== undefined, replaced };
}

/** What is worth saying of how a text was decoded; undefined for plain UTF-8. */
export function decodingRemark(decoded: Decoded & { readonly kind: 'text' }): string | undefined {
  const parts = [
    decoded.encoding === 'utf-8'
      ? decoded.byteOrderMark
        ? 'UTF-8 with a byte order mark, which was removed'
        : undefined
      : `UTF-16 (${decoded.encoding.endsWith('le') ? 'little' : 'big'}-endian)${decoded.byteOrderMark ? '' : ' without a byte order mark'}`,
    decoded.replaced > 0
      ? `${decoded.replaced} invalid ${decoded.replaced === 1 ? 'sequence was' : 'sequences were'} replaced by U+FFFD`
      : undefined,
  ].filter((part) => part !== undefined);
  return parts.length > 0 ? `${parts.join('; ')}.` : undefined;
}

function byteOrderMark(bytes: Uint8Array): { readonly encoding: TextEncoding; readonly length: number } | undefined {
  const [first, second, third] = bytes;
  if (first === 0xef && second === 0xbb && third === 0xbf) return { encoding: 'utf-8', length: 3 };
  if (first === 0xff && second === 0xfe) return { encoding: 'utf-16le', length: 2 };
  if (first === 0xfe && second === 0xff) return { encoding: 'utf-16be', length: 2 };
  return undefined;
}

/** Western text in UTF-16 has zeros in one of its two bytes, and hardly any in the other. */
function guessed(bytes: Uint8Array): TextEncoding {
  const end = Math.min(bytes.length, SAMPLE) & ~1;
  if (end < 4 || bytes.length % 2 !== 0) return 'utf-8';
  let [even, odd] = [0, 0];
  for (let at = 0; at < end; at += 2) {
    if (bytes[at] === 0) even++;
    if (bytes[at + 1] === 0) odd++;
  }
  const half = end / 2;
  if (odd > half * 0.4 && even < half * 0.05) return 'utf-16le';
  if (even > half * 0.4 && odd < half * 0.05) return 'utf-16be';
  return 'utf-8';
}

/** Replacement characters that were there already: they replace nothing now. */
function spelled(bytes: Uint8Array, encoding: TextEncoding): number {
  let found = 0;
  if (encoding === 'utf-8') {
    for (let at = bytes.indexOf(0xef); at >= 0; at = bytes.indexOf(0xef, at + 1))
      if (bytes[at + 1] === 0xbf && bytes[at + 2] === 0xbd) found++;
  } else {
    const [first, second] = encoding === 'utf-16le' ? [0xfd, 0xff] : [0xff, 0xfd];
    for (let at = bytes.indexOf(0xfd); at >= 0; at = bytes.indexOf(0xfd, at + 1)) {
      const unit = at & ~1;
      if (bytes[unit] === first && bytes[unit + 1] === second) found++;
    }
  }
  return found;
}

function count(text: string, character: string): number {
  let found = 0;
  for (let at = text.indexOf(character); at >= 0; at = text.indexOf(character, at + 1)) found++;
  return found;
}

function lineOf(text: string, place: number): number {
  return count(text.slice(0, place), '\n') + 1;
}
