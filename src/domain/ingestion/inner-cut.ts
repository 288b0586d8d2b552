import { characterStart } from './character-start';
import { isIdeographic, isSpace } from './character-class';
import type { CountTokens } from './chunk';
import { lastSentenceStart } from './sentence-start';

/**
 * Where to cut a unit that does not fit as a whole: the last sentence start in (`from`, `to`) before which about `room` tokens
 * stand, else the last word start, else a place between two ideographs or after punctuation, else any character; `from` when not
 * even one fits. Counts as much text as it needs, however long the unit is.
 */
export function innerCut(text: string, from: number, to: number, room: number, count: CountTokens): number {
  const reach = reachOf(text, from, to, room, count);
  if (reach >= to) return to;
  const third = from + Math.floor((reach - from) / 3);
  const sentence = lastSentenceStart(text, third, reach);
  if (sentence > from) return sentence;
  const word = lastWordStart(text, third, reach);
  if (word > from) return word;
  const soft = lastSoftStart(text, from + Math.floor(((reach - from) * 3) / 4), reach);
  return characterStart(text, soft > from ? soft : reach, from);
}

/** How many tokens a text has, counted by parts; more than `cap` stands for any number above it. */
export function countUpTo(text: string, from: number, to: number, cap: number, count: CountTokens): number {
  const step = stepFor(cap);
  if (to - from <= step * 2) return count(text.slice(from, to));
  let tokens = 0;
  for (let at = from; at < to && tokens <= cap;) {
    const next = partEnd(text, at, to, step);
    tokens += count(text.slice(at, next));
    at = next;
  }
  return tokens;
}

/** The place before which about `room` tokens stand. */
function reachOf(text: string, from: number, to: number, room: number, count: CountTokens): number {
  const step = stepFor(room);
  let left = room;
  for (let at = from; at < to;) {
    const next = partEnd(text, at, to, step);
    const tokens = count(text.slice(at, next));
    if (tokens > left) return at + Math.floor(((next - at) * Math.max(0, left)) / tokens);
    left -= tokens;
    at = next;
  }
  return to;
}

/** Characters that are counted at a time. */
function stepFor(tokens: number): number {
  return Math.min(4096, Math.max(64, Math.floor(tokens / 2)));
}

/** At a word's end where one is near: a torn word counts for more than a whole one. */
function partEnd(text: string, from: number, to: number, step: number): number {
  const end = from + step;
  if (end >= to) return to;
  for (let at = end; at > end - 32; at--) if (isSpace(text.charCodeAt(at))) return at;
  return characterStart(text, end, from);
}

/** The last place in (`from`, `to`] after a space and before something else; -1 when there is none. */
function lastWordStart(text: string, from: number, to: number): number {
  for (let place = to; place > from; place--)
    if (isSpace(text.charCodeAt(place - 1)) && !isSpace(text.charCodeAt(place))) return place;
  return -1;
}

function lastSoftStart(text: string, from: number, to: number): number {
  for (let place = to; place > from; place--) {
    const before = text.charCodeAt(place - 1);
    const after = text.charCodeAt(place);
    if ((isIdeographic(before) && isIdeographic(after)) || (isPunctuation(before) && !isPunctuation(after)))
      return place;
  }
  return -1;
}

function isPunctuation(code: number): boolean {
  if (code > 0x7e) return code >= 0x3001 && code <= 0x3002;
  return (
    code > 0x20 && !(code >= 0x30 && code <= 0x39) && !(code >= 0x41 && code <= 0x5a) && !(code >= 0x61 && code <= 0x7a)
  );
}
