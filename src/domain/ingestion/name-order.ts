const SEPARATOR = '\u0001';
/** From here on UTF-8 and UTF-16 disagree about the order of characters. */
const FIRST_SURROGATE = 0xd800;
const PRIVATE_USE = 0xe000;

/**
 * A text that databases which compare by bytes of UTF-8, by code points or by code units all order as JavaScript orders `parts`:
 * by the code units of the first, then of the second, and so on. Two lists of names can be merged only if both are in one order.
 */
export function orderKey(...parts: readonly string[]): string {
  return parts.map(escaped).join(SEPARATOR);
}

/** What the keys of all longer lists of parts that begin with these begin with, and no others. */
export function orderKeyPrefix(...parts: readonly string[]): string {
  return orderKey(...parts) + SEPARATOR;
}

function escaped(part: string): string {
  let key = '';
  for (let at = 0; at < part.length; at++) {
    const code = part.charCodeAt(at);
    if (code >= FIRST_SURROGATE) {
      const above = code - FIRST_SURROGATE;
      key += String.fromCharCode(PRIVATE_USE + (above >> 8), 0x100 + (above & 0xff));
    } else if (code <= 2) {
      // NUL ends texts in some databases, and the separator has to sort before everything.
      key += String.fromCharCode(2, code + 2);
    } else {
      key += part[at] ?? '';
    }
  }
  return key;
}
