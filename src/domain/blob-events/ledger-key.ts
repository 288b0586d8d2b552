import { sha256Hex } from '../digest';

/** Characters kept of a key: table keys hold 512, and names beyond this get a hash behind them. */
const LONGEST = 400;
/** Names up to this long are never cut, whatever they are made of. */
const NEVER_CUT = LONGEST / 9;
/** What each byte of a name becomes. */
const CODES: readonly string[] = Array.from({ length: 256 }, (_, byte) => {
  const char = String.fromCharCode(byte);
  return /[0-9A-Za-z]/.test(char) ? char : markOf(byte) + byte.toString(16).padStart(2, '0');
});

/**
 * Row key of a blob name. Sorts as the name's UTF-8 bytes do, so that the rows of a stretch of a listing are a range of the
 * table; letters and digits stand for themselves, every other byte is a mark that sorts where it should and two digits.
 * Names that agree in their first hundreds of characters sort among themselves by hash.
 */
export function ledgerKey(name: string): string {
  let key = '';
  for (const byte of new TextEncoder().encode(name)) {
    key += CODES[byte] ?? '';
    if (key.length > LONGEST) return `${key.slice(0, LONGEST)}!${sha256Hex(name).slice(0, 32)}`;
  }
  return key;
}

/** Whether the key of `a` sorts before the key of `b`; made without the keys, where their names tell. */
export function sortsBefore(a: string, b: string): boolean {
  return isPlain(a) && isPlain(b) ? a < b : ledgerKey(a) < ledgerKey(b);
}

/** Sorts by UTF-16 units as it does by bytes, and its key is not cut. */
function isPlain(name: string): boolean {
  return name.length <= NEVER_CUT && !/[\uD800-\uFFFF]/.test(name);
}

/** Of the marks, `$` sorts before the digits, `:` between digits and capitals, `_` between both cases, `~` behind. */
function markOf(byte: number): string {
  if (byte < 0x30) return '$';
  if (byte < 0x41) return ':';
  if (byte < 0x61) return '_';
  return '~';
}
