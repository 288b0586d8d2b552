import { characterStart } from './character-start';
import { isSpace } from './character-class';
import type { CountTokens } from './chunk';
import { firstSentenceStart } from './sentence-start';

/** The least characters that a token stands for in text worth repeating; nobody looks back further. */
const MOST_CHARACTERS = 16;
const TRIES = 4;

/**
 * Where the overlap of a chunk that starts at `start` begins: at a sentence, a line or a word, not before `least`, with `limit`
 * tokens at most. `start` when nothing fits.
 *
 * @param perToken characters that a token had in the chunk before, as a guess
 */
export function overlapStart(
  text: string,
  least: number,
  start: number,
  limit: number,
  perToken: number,
  count: CountTokens,
): { readonly at: number; readonly tokens: number } {
  let width = Math.floor(limit * Math.min(perToken, MOST_CHARACTERS));
  for (let tries = 0; tries < TRIES && width > 0; tries++) {
    const at = goodStart(text, Math.max(least, start - width), start, least);
    if (at >= start) break;
    const tokens = count(text.slice(at, start));
    if (tokens <= limit) return { at, tokens };
    width = Math.min(Math.floor(((start - at) * limit * 0.9) / tokens), start - at - 1);
  }
  return { at: start, tokens: 0 };
}

/** The first good place at or after `from`, in its first half if there is one. */
function goodStart(text: string, from: number, start: number, least: number): number {
  if (from === least) return from;
  const half = from + Math.ceil((start - from) / 2);
  const sentence = firstSentenceStart(text, from, half);
  if (sentence >= 0) return sentence;
  const line = text.slice(from - 1, half).indexOf('\n');
  if (line >= 0) return from + line;
  for (let at = from; at < half; at++) if (isSpace(text.charCodeAt(at - 1)) && !isSpace(text.charCodeAt(at))) return at;
  return characterStart(text, from, least);
}
