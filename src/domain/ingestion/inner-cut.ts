import { characterStart } from './character-start';
import { isDigit, isIdeographic, isSpace } from './character-class';
import { lastSentenceStart } from './sentence-start';

/**
 * Where to cut a unit that is too large for a chunk: the last place in (`from`, `reach`] where a sentence begins, else a word, else
 * between two ideographs or after punctuation, else any character; `from` when there is not even a code point. Places in the first
 * third are too near to be good.
 */
export function innerCut(text: string, from: number, reach: number): number {
  const third = from + Math.floor((reach - from) / 3);
  const sentence = lastSentenceStart(text, third, reach);
  if (sentence > from) return sentence;
  const word = lastWordStart(text, third, reach);
  if (word > from) return word;
  const soft = lastSoftStart(text, from + Math.floor(((reach - from) * 3) / 4), reach);
  return characterStart(text, soft > from ? soft : reach, from);
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
  if (code > 0x7e) return code === 0x3001 || code === 0x3002;
  return code > 0x20 && !isDigit(code) && !(code >= 0x41 && code <= 0x5a) && !(code >= 0x61 && code <= 0x7a);
}
