import { isHighSurrogate, isIdeographic, isLowSurrogate } from './character-class';
import type { CountTokens } from './chunk';
import type { Outline } from './outline';

/** Characters at the beginning of a text that are counted to have a first guess. */
const SAMPLE = 2000;
/** How much an earlier error still says. */
const MEMORY = 0.7;
const MOST_DOUBT = 0.25;
/** Sum of the last errors, as shares. */
const EXACT = 0.01;

/**
 * How many tokens a stretch of text is likely to have, without counting it: by its length, or by what its characters weigh in byte
 * pair encodings, whichever was nearer to what was counted lately. Good for choosing a place to cut, and never for a promise: of
 * prose and code the guess is some 5 % off. Weighs each unit of the outline once.
 */
export class TokenEstimate {
  readonly #weights: Int32Array;
  #perCharacter = 1;
  #perWeight = 1 / UNIT;
  #errorByLength = 0;
  #errorByWeight = 0;

  /** Counts the beginning of the text. */
  constructor(
    private readonly text: string,
    private readonly outline: Outline,
    count: CountTokens,
  ) {
    this.#weights = new Int32Array(outline.length).fill(-1);
    const end = Math.min(text.length, SAMPLE);
    if (end > 0) this.learn(0, end, count(text.slice(0, end)));
  }

  /** From the unit's start to the next one's. */
  unit(index: number): number {
    const start = this.outline.start(index);
    const end = this.outline.start(index + 1);
    if (this.#byLength) return (end - start) * this.#perCharacter;
    let weight = this.#weights[index] ?? -1;
    if (weight < 0) {
      weight = weightOf(this.text, start, end);
      this.#weights[index] = weight;
    }
    return weight * this.#perWeight;
  }

  /** Of any part of the text, as far as `cap`: where there are more, any number above it. */
  upTo(from: number, to: number, cap: number): number {
    const end = this.reach(from, to, cap * 1.1);
    if (end < to) return cap * 1.1;
    return this.#byLength ? (to - from) * this.#perCharacter : weightOf(this.text, from, to) * this.#perWeight;
  }

  /** The last place from `from` to `to` before which there are about `tokens`. Reads no further. */
  reach(from: number, to: number, tokens: number): number {
    if (this.#byLength) return Math.min(to, from + Math.floor(tokens / this.#perCharacter));
    const most = tokens / this.#perWeight;
    let weight = 0;
    let before = 0;
    for (let at = from; at < to; at++) {
      const code = this.text.charCodeAt(at);
      weight += code === before ? REPEATED : code < 0x80 ? (ASCII[code] ?? 0) : weightBeyond(code);
      if (weight > most) return at;
      before = code;
    }
    return to;
  }

  /** Takes note of what a part really has. `own`: the next guess is for the same part, and what was before says nothing. */
  learn(from: number, to: number, tokens: number, own = true): void {
    if (tokens <= 0 || to <= from) return;
    const share = own ? 1 : 0.5;
    this.#errorByLength = this.#errorByLength * MEMORY + Math.abs((to - from) * this.#perCharacter - tokens) / tokens;
    this.#perCharacter += (tokens / (to - from) - this.#perCharacter) * share;
    // Nothing is better than what is right.
    if (this.#errorByLength < EXACT) return;
    const weight = weightOf(this.text, from, to);
    this.#errorByWeight = this.#errorByWeight * MEMORY + Math.abs(weight * this.#perWeight - tokens) / tokens;
    this.#perWeight += (tokens / weight - this.#perWeight) * share;
  }

  /** Share by which a guess may be wrong. */
  get doubt(): number {
    const error = Math.min(this.#errorByLength, this.#errorByWeight) * (1 - MEMORY);
    return Math.min(MOST_DOUBT, error * 2);
  }

  get #byLength(): boolean {
    return this.#errorByLength < EXACT || this.#errorByLength < this.#errorByWeight;
  }
}

/** A token, in the unit of weights. */
const UNIT = 16;
/** A character like the one before: rows of spaces, dashes, equal signs are few tokens. */
const REPEATED = 1;
const ASCII = Uint8Array.from({ length: 0x80 }, (_, code) => weightOfAscii(String.fromCharCode(code)));

function weightOfAscii(character: string): number {
  if (/[a-z]/.test(character)) return 3;
  if (/[A-Z]/.test(character)) return 5;
  if (character === ' ') return 1;
  if (/[0-9]/.test(character)) return 7;
  return /[\t\n\r]/.test(character) ? 5 : 9;
}

function weightBeyond(code: number): number {
  if (code < 0x250) return 10;
  if (code < 0x600) return 8;
  if (isIdeographic(code)) return 17;
  return isHighSurrogate(code) || isLowSurrogate(code) ? 20 : 12;
}

function weightOf(text: string, from: number, to: number): number {
  let weight = 0;
  let before = 0;
  for (let at = from; at < to; at++) {
    const code = text.charCodeAt(at);
    weight += code === before ? REPEATED : code < 0x80 ? (ASCII[code] ?? 0) : weightBeyond(code);
    before = code;
  }
  return weight;
}
