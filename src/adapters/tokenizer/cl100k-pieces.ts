/**
 * The pieces that the encoding `cl100k_base` cuts a text into before it merges bytes. Its pattern, alternative by alternative, read
 * by hand: with the same result as the regular expression, in one pass whatever the text.
 *
 *     '(?i:s|t|re|ve|m|ll|d) | [^\r\n\p{L}\p{N}]?\p{L}+ | \p{N}{1,3} | ?[^\s\p{L}\p{N}]+[\r\n]* | \s*[\r\n]+ | \s+(?!\S) | \s+
 */
const OTHER = 0;
const LETTER = 1;
const NUMBER = 2;
const SPACE = 3;
const LINE_END = 4;

let classes: Uint8Array | undefined;

/** Where the piece that begins at `start` ends; more than `start`. */
export function pieceEnd(text: string, start: number): number {
  const table = (classes ??= classesOfPlane());
  const length = text.length;
  const first = text.charCodeAt(start);
  const kind = kindAt(text, start, first, table);
  const second = start + widthAt(text, start, first);
  if (kind === LETTER) return lettersEnd(text, second, table);
  if (first === 0x27) {
    const contraction = contractionEnd(text, start);
    if (contraction > 0) return contraction;
  }
  if (kind === NUMBER) {
    let end = second;
    for (let digits = 1; digits < 3 && end < length; digits++) {
      const code = text.charCodeAt(end);
      if (kindAt(text, end, code, table) !== NUMBER) break;
      end += widthAt(text, end, code);
    }
    return end;
  }
  if (kind !== LINE_END && second < length && kindAt(text, second, text.charCodeAt(second), table) === LETTER)
    return lettersEnd(text, second, table);
  if (kind === OTHER) return marksEnd(text, second, table);
  if (first === 0x20 && second < length && kindAt(text, second, text.charCodeAt(second), table) === OTHER)
    return marksEnd(text, second, table);
  return spacesEnd(text, start, table);
}

function lettersEnd(text: string, from: number, table: Uint8Array): number {
  let end = from;
  while (end < text.length) {
    const code = text.charCodeAt(end);
    if (kindAt(text, end, code, table) !== LETTER) break;
    end += widthAt(text, end, code);
  }
  return end;
}

/** Marks, and the line ends right after them. */
function marksEnd(text: string, from: number, table: Uint8Array): number {
  let end = from;
  while (end < text.length) {
    const code = text.charCodeAt(end);
    if (kindAt(text, end, code, table) !== OTHER) break;
    end += widthAt(text, end, code);
  }
  while (end < text.length && isLineEnd(text.charCodeAt(end))) end++;
  return end;
}

/** To the last line end of the row of spaces; without one, to the last space but one when something else follows. */
function spacesEnd(text: string, start: number, table: Uint8Array): number {
  let end = start;
  let afterLineEnd = -1;
  for (; end < text.length; end++) {
    const kind = table[text.charCodeAt(end)] ?? OTHER;
    if (kind === LINE_END) afterLineEnd = end + 1;
    else if (kind !== SPACE) break;
  }
  if (afterLineEnd > 0) return afterLineEnd;
  return end < text.length && end - start > 1 ? end - 1 : end;
}

function contractionEnd(text: string, start: number): number {
  // Lower case by one bit: nothing but letters comes out as these.
  const first = text.charCodeAt(start + 1) | 0x20;
  if (first === 0x73 || first === 0x74 || first === 0x6d || first === 0x64) return start + 2;
  const second = text.charCodeAt(start + 2) | 0x20;
  const pair =
    (first === 0x72 && second === 0x65) || (first === 0x76 && second === 0x65) || (first === 0x6c && second === 0x6c);
  return pair ? start + 3 : 0;
}

function kindAt(text: string, place: number, code: number, table: Uint8Array): number {
  if ((code & 0xfc00) !== 0xd800 || widthAt(text, place, code) === 1) return table[code] ?? OTHER;
  return kindOf(String.fromCodePoint(text.codePointAt(place) ?? 0));
}

/** Code units of the code point that begins at `place`. */
function widthAt(text: string, place: number, code: number): number {
  return (code & 0xfc00) === 0xd800 && (text.charCodeAt(place + 1) & 0xfc00) === 0xdc00 ? 2 : 1;
}

function isLineEnd(code: number): boolean {
  return code === 0x0a || code === 0x0d;
}

function kindOf(character: string): number {
  if (/^\p{L}$/u.test(character)) return LETTER;
  if (/^\p{N}$/u.test(character)) return NUMBER;
  if (/^[\r\n]$/.test(character)) return LINE_END;
  return /^\s$/.test(character) ? SPACE : OTHER;
}

function classesOfPlane(): Uint8Array {
  return Uint8Array.from({ length: 0x10000 }, (_, code) => kindOf(String.fromCharCode(code)));
}
