/**
 * Where a chunk stands in its document's text. The parts `start` to `end` of a document's chunks, in order, are the whole text, each
 * character once; `contextStart` to `start` repeats the end of the chunk before it (the overlap). What is embedded and
 * shown is `contextStart` to `end`. Offsets count UTF-16 code units, as JavaScript strings do, and never split a character.
 */
export interface Chunk {
  /** From 0, in the order of the text. */
  readonly ordinal: number;
  readonly contextStart: number;
  readonly start: number;
  readonly end: number;
  /** Titles of the headings above its first content, outermost first; for code, the class and function that it starts in or with. */
  readonly headings: readonly string[];
  /** Of `contextStart` to `end`. */
  readonly tokens: number;
}

/**
 * How many tokens a text has; the same text always has as many. Not additive: a text may have fewer tokens than its parts together,
 * and now and then more, since bytes are merged across the seam. The chunker chooses by the parts and promises by the whole, and relies
 * on nothing else.
 */
export type CountTokens = (text: string) => number;
