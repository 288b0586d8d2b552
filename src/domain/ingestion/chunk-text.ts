import { characterStart, codePointStart } from './character-start';
import type { Chunk, CountTokens } from './chunk';
import { ChunkEnds, type Place } from './chunk-end';
import { HeadingPath } from './heading-path';
import type { Outline } from './outline';
import { outlineOf } from './outline-of';
import { overlapStart } from './overlap';
import type { TextKind } from './text-kind';
import { UnitTokens } from './unit-tokens';

export interface ChunkingOptions {
  readonly kind: TextKind;
  /** Of one chunk, overlap included; at least as many as a code point has, 16 being plenty. */
  readonly maxTokens: number;
  /** Less than half of `maxTokens`. */
  readonly overlapTokens: number;
}

/** How often a chunk's end is chosen again when it counts for more than its units did. */
const TRIES = 4;

/**
 * Cuts a text into chunks of at most `maxTokens`, at the best places there are: sections of Markdown, functions and classes, then
 * blocks, paragraphs and lines, sentences, words, characters. What holds, whatever the text and the counter:
 * 1. The chunks' `start` to `end` are the whole text, in order, and none is empty. An empty text has no chunk.
 * 2. `tokens` is what the counter says of `contextStart` to `end`, and at most `maxTokens`.
 * 3. The overlap repeats the end of the chunk before it alone, has at most `overlapTokens`, and is there only where a section or
 *    function was torn.
 * 4. No code point is split, and no character of up to 128 code units, unless it does not fit.
 * 5. The same text and options always give the same chunks. Time grows with the length of the text, and so does memory, by some
 *    five bytes for each unit.
 *
 * @throws RangeError when the limits make no sense, or a code point has more tokens than a chunk may have.
 */
export function chunkText(text: string, options: ChunkingOptions, countTokens: CountTokens): Chunk[] {
  const { maxTokens, overlapTokens } = options;
  if (!(maxTokens >= 1) || !(overlapTokens >= 0) || overlapTokens * 2 > maxTokens)
    throw new RangeError(
      `maxTokens ${maxTokens} and overlapTokens ${overlapTokens}: the first is 1 or more, the other at most half of it.`,
    );
  return new Cutter(text, outlineOf(text, options.kind), options, countTokens).chunks();
}

class Cutter {
  readonly #ends: ChunkEnds;
  readonly #headings: HeadingPath;

  constructor(
    private readonly text: string,
    private readonly outline: Outline,
    private readonly limits: ChunkingOptions,
    private readonly count: CountTokens,
  ) {
    const units = new UnitTokens(text, outline, Math.ceil(limits.maxTokens * 1.2), count);
    this.#ends = new ChunkEnds(text, outline, units, count);
    this.#headings = new HeadingPath(outline.marks);
  }

  chunks(): Chunk[] {
    const chunks: Chunk[] = [];
    let place: Place = { at: 0, next: 1 };
    let topic = 0;
    while (place.at < this.text.length) {
      if (this.#startsTopic(place)) topic = place.at;
      const chunk = this.#chunk(place, topic, chunks.at(-1));
      chunks.push(chunk);
      const next = this.#after(place.next, chunk.end);
      // The topic that the next chunk may be torn from began in this one.
      for (let index = next - 1; index >= place.next; index--)
        if (this.outline.isTopic(index)) {
          topic = this.outline.start(index);
          break;
        }
      place = { at: chunk.end, next };
    }
    return chunks;
  }

  #chunk(place: Place, topic: number, before: Chunk | undefined): Chunk {
    const { maxTokens } = this.limits;
    const start = place.at;
    let context = this.#context(start, topic, before);
    let whole = maxTokens;
    let end = start;
    let tokens = Infinity;
    for (let tries = 0; tries < TRIES && whole > 0; tries++) {
      end = this.#ends.after(place, { tokens: Math.max(0, whole - context.tokens), whole });
      tokens = this.count(this.text.slice(context.at, end));
      if (tokens > maxTokens && context.at < start) {
        context = { at: start, tokens: 0 };
        tokens = this.count(this.text.slice(start, end));
      }
      if (end > start && tokens <= maxTokens) break;
      context = { at: start, tokens: 0 };
      whole -= Math.max(1, tokens - maxTokens);
    }
    if (end === start || tokens > maxTokens) ({ end, tokens } = this.#squeezed(start, end));
    const headings = this.#headings.at(this.#firstContent(place, end));
    return { ordinal: before ? before.ordinal + 1 : 0, contextStart: context.at, start, end, headings, tokens };
  }

  /** Where its overlap begins: none where a topic starts, nor from before the topic. */
  #context(start: number, topic: number, before: Chunk | undefined): { readonly at: number; readonly tokens: number } {
    const limit = this.limits.overlapTokens;
    if (!before || topic === start || limit === 0) return { at: start, tokens: 0 };
    const perToken = (before.end - before.contextStart) / before.tokens;
    return overlapStart(this.text, Math.max(topic, before.start), start, limit, perToken, this.count);
  }

  /** For a counter that says more of the whole than of its parts: half as much text, until it fits. */
  #squeezed(start: number, end: number): { readonly end: number; readonly tokens: number } {
    let to = end > start ? end : characterStart(this.text, Math.min(start + 256, this.text.length), start);
    for (;;) {
      const tokens = this.count(this.text.slice(start, to));
      if (tokens <= this.limits.maxTokens) return { end: to, tokens };
      const half = start + Math.ceil((to - start) / 2);
      let next = characterStart(this.text, half, start);
      if (next <= start || next >= to) next = codePointStart(this.text, half, start);
      if (next <= start || next >= to)
        throw new RangeError(
          `A character has ${tokens} tokens, and a chunk may have ${this.limits.maxTokens}. Raise maxTokens.`,
        );
      to = next;
    }
  }

  /** In a text of sections, the first place below its headings; in code, where it starts. */
  #firstContent({ at, next }: Place, end: number): number {
    const { outline } = this;
    if (!outline.sections) return at;
    let index = outline.start(next - 1) === at ? next - 1 : next;
    if (index === next) return at;
    while (outline.isTopic(index) && outline.start(index + 1) < end) index++;
    return outline.start(index);
  }

  #startsTopic({ at, next }: Place): boolean {
    return this.outline.start(next - 1) === at && this.outline.isTopic(next - 1);
  }

  /** The first unit after `end`. */
  #after(from: number, end: number): number {
    let next = from;
    while (next < this.outline.length && this.outline.start(next) <= end) next++;
    return next;
  }
}
