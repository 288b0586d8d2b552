import type { Chunk, CountTokens } from './chunk';
import { ChunkCutter } from './chunk-cutter';
import { outlineOf } from './outline-of';
import type { TextKind } from './text-kind';

export interface ChunkingOptions {
  readonly kind: TextKind;
  /** Of one chunk, overlap included; at least as many as a code point has, 16 being plenty. */
  readonly maxTokens: number;
  /** At most half of `maxTokens`. */
  readonly overlapTokens: number;
}

/**
 * Cuts a text into chunks of at most `maxTokens`, at the best places there are: sections of Markdown, functions and classes, then
 * blocks, paragraphs and lines, sentences, words, characters. What holds, whatever the text and the counter:
 * 1. The chunks' `start` to `end` are the whole text, in order, and none is empty. An empty text has no chunk.
 * 2. `tokens` is what the counter says of `contextStart` to `end`, and at most `maxTokens`.
 * 3. The overlap repeats the end of the chunk before it alone, has at most `overlapTokens`, and is there only where a section or
 *    function was torn.
 * 4. No code point is split, and no character of up to 128 code units, unless it does not fit.
 * 5. The same text and options always give the same chunks. Time grows with the length of the text, and so does memory, by some
 *    nine bytes for each unit.
 *
 * @throws RangeError when the limits make no sense, or a code point has more tokens than a chunk may have.
 */
export function chunkText(text: string, options: ChunkingOptions, countTokens: CountTokens): Chunk[] {
  const { kind, maxTokens, overlapTokens } = options;
  if (!(maxTokens >= 1) || !(overlapTokens >= 0) || overlapTokens * 2 > maxTokens)
    throw new RangeError(
      `maxTokens ${maxTokens} and overlapTokens ${overlapTokens}: the first is 1 or more, the other at most half of it.`,
    );
  return new ChunkCutter(text, outlineOf(text, kind), { maxTokens, overlapTokens }, countTokens).chunks();
}
