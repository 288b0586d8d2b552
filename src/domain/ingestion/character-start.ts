import { isHighSurrogate, isIdeographic, isLowSurrogate } from './character-class';

/** Code units that are looked at on either side; a character that is longer is split between code points. */
const REACH = 128;
const REGIONAL_INDICATOR = /^\p{Regional_Indicator}$/u;
let segmenter: Intl.Segmenter | undefined;

/**
 * The last place at or before `place`, and after `floor`, where a character as readers see it begins (an extended grapheme
 * cluster, UAX #29); where one reaches over `floor` or is longer than 128 code units, the start of a code point. `floor` itself
 * when not even a code point ends before `place`.
 */
export function characterStart(text: string, place: number, floor: number): number {
  if (place <= floor || place >= text.length) return Math.max(floor, Math.min(place, text.length));
  if (startsSurely(text.charCodeAt(place - 1), text.charCodeAt(place))) return place;
  const from = quietStart(text, place, floor);
  segmenter ??= new Intl.Segmenter('und', { granularity: 'grapheme' });
  const found = segmenter.segment(text.slice(from, place + REACH)).containing(place - from);
  const start = found ? from + found.index : place;
  return start > floor ? start : codePointStart(text, place, floor);
}

/** The last start of a code point at or before `place`; `floor` at the least. */
export function codePointStart(text: string, place: number, floor: number): number {
  const inPair = isLowSurrogate(text.charCodeAt(place)) && isHighSurrogate(text.charCodeAt(place - 1));
  return Math.max(floor, inPair ? place - 1 : place);
}

/** Whether a character begins between two code units, told without the segmenter: most of any text. */
function startsSurely(before: number, after: number): boolean {
  const plainBefore = before < 0x300 || isIdeographic(before);
  return plainBefore && (after < 0x300 ? !(before === 0x0d && after === 0x0a) : isIdeographic(after));
}

/** Where the segmenter may begin to read: not inside a pair, and not inside a row of flags, which pair up from its start. */
function quietStart(text: string, place: number, floor: number): number {
  let from = codePointStart(text, Math.max(floor, place - REACH), floor);
  while (from - 2 >= floor && REGIONAL_INDICATOR.test(text.slice(from - 2, from))) from -= 2;
  return from;
}
