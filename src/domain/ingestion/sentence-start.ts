import { isDigit, isSpace } from './character-class';

/** After these a sentence may end, if space follows: `.!?…‽` and those of Arabic, Devanagari, Armenian, Ethiopic and Khmer. */
const ENDS = codes('.!?…‽؟۔।॥։።፧៕');
/** These end a sentence without space. */
const WIDE_ENDS = codes('。！？｡．');
const CLOSERS = codes('"\')]}”’»›」』）】》〉');
/** Spaces and closing marks between an end and a start that are looked over; a layout with more is none of prose. */
const REACH = 12;

/** The last place in (`from`, `to`] where a sentence begins, by punctuation, space and case; -1 when there is none. */
export function lastSentenceStart(text: string, from: number, to: number): number {
  for (let place = Math.min(to, text.length - 1); place > from; place--) if (isSentenceStart(text, place)) return place;
  return -1;
}

/** The first place in [`from`, `to`) where a sentence begins; -1 when there is none. */
export function firstSentenceStart(text: string, from: number, to: number): number {
  for (let place = Math.max(1, from); place < to; place++) if (isSentenceStart(text, place)) return place;
  return -1;
}

function isSentenceStart(text: string, place: number): boolean {
  const first = text.charCodeAt(place);
  if (isSpace(first)) return false;
  const before = text.charCodeAt(place - 1);
  if (before > 0x7f && (WIDE_ENDS.has(before) || CLOSERS.has(before)) && !CLOSERS.has(first) && !WIDE_ENDS.has(first))
    return WIDE_ENDS.has(text.charCodeAt(beforeClosers(text, place - 1)));
  if (!isSpace(before)) return false;
  let end = place - 1;
  const least = Math.max(0, place - REACH);
  while (end >= least && isSpace(text.charCodeAt(end))) end--;
  const spaced = end;
  end = beforeClosers(text, end);
  const mark = text.charCodeAt(end);
  if (WIDE_ENDS.has(mark)) return true;
  // `(see p. 5)` and `e.g. this` go on.
  return ENDS.has(mark) && !isLowerCase(first) && !(mark === DOT && end === spaced && followsLetter(text, end, first));
}

function beforeClosers(text: string, place: number): number {
  const least = Math.max(0, place - REACH);
  let at = place;
  while (at >= least && CLOSERS.has(text.charCodeAt(at))) at--;
  return at;
}

/** A point after a single letter is one of an abbreviation (`J. Smith`, `p. 5`). */
function followsLetter(text: string, dot: number, first: number): boolean {
  const letter = text.charCodeAt(dot - 1);
  const alone = dot < 2 || !isWordCode(text.charCodeAt(dot - 2));
  return alone && isWordCode(letter) && !isDigit(letter) && (isDigit(first) || isWordCode(first));
}

function isWordCode(code: number): boolean {
  return (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a) || isDigit(code) || code > 0xbf;
}

function isLowerCase(code: number): boolean {
  if (code < 0x80) return code >= 0x61 && code <= 0x7a;
  const letter = String.fromCharCode(code);
  return letter !== letter.toUpperCase();
}

const DOT = 0x2e;

function codes(characters: string): ReadonlySet<number> {
  return new Set(characters.split('').map((character) => character.charCodeAt(0)));
}
