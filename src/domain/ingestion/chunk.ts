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
  /** Titles of the headings above it, outermost first; for code, the class and function it stands in. */
  readonly headings: readonly string[];
  /** Of `contextStart` to `end`. */
  readonly tokens: number;
}

/** How many tokens a text has. Concatenated texts have at most the sum of their parts' tokens. */
export type CountTokens = (text: string) => number;
