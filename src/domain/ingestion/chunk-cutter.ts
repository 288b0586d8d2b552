import { characterStart, codePointStart } from './character-start';
import type { Chunk, CountTokens } from './chunk';
import { ChunkEnds, type Place } from './chunk-end';
import { HeadingPath } from './heading-path';
import type { Outline } from './outline';
import { overlapStart } from './overlap';
import { TokenEstimate } from './token-estimate';

export interface ChunkLimits {
  readonly maxTokens: number;
  readonly overlapTokens: number;
}

/** How often a chunk's end is chosen again when it has more tokens than was guessed, or far fewer. */
const TRIES = 4;
/** Of the room that is left: as much is filled by guess. */
const MARGIN = 0.97;
/** Of `maxTokens`: with less, a chunk that ended for want of room is tried again. */
const POOR = 0.8;

interface Counted {
  /** The beginning of the overlap. */
  readonly context: number;
  readonly end: number;
  readonly tokens: number;
}

/**
 * Goes through a text once and cuts it chunk by chunk: where an end is likely to be good is guessed (`ChunkEnds`), what is between is
 * counted, and the guess mended. Every chunk is counted as it stands before it is given out. For one text.
 */
export class ChunkCutter {
  readonly #estimate: TokenEstimate;
  readonly #ends: ChunkEnds;
  readonly #headings: HeadingPath;
  /** What was counted last: a group that fits is often the chunk. */
  #last = { from: -1, to: -1, tokens: 0 };

  constructor(
    private readonly text: string,
    private readonly outline: Outline,
    private readonly limits: ChunkLimits,
    private readonly count: CountTokens,
  ) {
    this.#estimate = new TokenEstimate(text, outline, count);
    this.#ends = new ChunkEnds(text, outline, this.#estimate, (from, to) => this.#counted(from, to));
    this.#headings = new HeadingPath(outline.marks);
  }

  chunks(): Chunk[] {
    const chunks: Chunk[] = [];
    const { outline } = this;
    let place: Place = { at: 0, next: 1 };
    let topic = 0;
    while (place.at < outline.end) {
      if (outline.start(place.next - 1) === place.at && outline.isTopic(place.next - 1)) topic = place.at;
      const chunk = this.#chunk(place, topic, chunks.at(-1));
      chunks.push(chunk);
      let next = place.next;
      for (; next < outline.length && outline.start(next) <= chunk.end; next++)
        if (outline.isTopic(next) && outline.start(next) < chunk.end) topic = outline.start(next);
      place = { at: chunk.end, next };
    }
    return chunks;
  }

  /** @param topic where the topic began that the chunk may be torn from */
  #chunk(place: Place, topic: number, before: Chunk | undefined): Chunk {
    const start = place.at;
    const best =
      this.#fitting(place, this.#context(start, topic, before)) ??
      this.#squeezed(start, this.#estimate.reach(start, this.text.length, this.limits.maxTokens));
    return {
      ordinal: before ? before.ordinal + 1 : 0,
      contextStart: best.context,
      start,
      end: best.end,
      headings: this.#headings.at(this.#firstContent(place, best.end)),
      tokens: best.tokens,
    };
  }

  /** The longest that was found in a few tries; undefined when none was within the limit. */
  #fitting(place: Place, overlap: { readonly at: number; readonly tokens: number }): Counted | undefined {
    const { maxTokens } = this.limits;
    const start = place.at;
    let context = overlap;
    let best: Counted | undefined;
    for (let tries = 0; tries < TRIES; tries++) {
      const room = { tokens: (maxTokens - context.tokens) * MARGIN, whole: maxTokens };
      const { end, full } = this.#ends.after(place, room);
      if (end <= start || end <= (best?.end ?? start)) break;
      let tokens = this.#counted(context.at, end);
      if (tokens > maxTokens && context.at < start) {
        // Better whole than with its overlap.
        context = { at: start, tokens: 0 };
        tokens = this.#counted(start, end);
      }
      this.#estimate.learn(context.at, end, tokens, tokens > maxTokens || tries > 0);
      if (tokens <= maxTokens) best = { context: context.at, end, tokens };
      if (best && !(full && tries === 0 && tokens < maxTokens * POOR)) break;
    }
    return best;
  }

  /** The overlap: none where a topic starts, nor from before the topic. */
  #context(start: number, topic: number, before: Chunk | undefined): { readonly at: number; readonly tokens: number } {
    const limit = this.limits.overlapTokens;
    if (!before || topic === start || limit === 0) return { at: start, tokens: 0 };
    const perToken = (before.end - before.contextStart) / Math.max(1, before.tokens);
    return overlapStart(this.text, Math.max(topic, before.start), start, limit, perToken, this.count);
  }

  /** For a counter that no guess is good for: half as much text, until it fits. */
  #squeezed(start: number, reach: number): Counted {
    const codePoint = start + ((this.text.codePointAt(start) ?? 0) > 0xffff ? 2 : 1);
    let end = Math.max(characterStart(this.text, reach, start), codePoint);
    for (;;) {
      const tokens = this.#counted(start, end);
      if (tokens <= this.limits.maxTokens) return { context: start, end, tokens };
      if (end === codePoint)
        throw new RangeError(
          `A character has ${tokens} tokens, and a chunk may have ${this.limits.maxTokens}. Raise maxTokens.`,
        );
      const half = start + Math.floor((end - start) / 2);
      const shorter = characterStart(this.text, half, start);
      end = Math.max(shorter > start ? shorter : codePointStart(this.text, half, start), codePoint);
    }
  }

  /** In a text of sections, the first place below its headings; in code, where it starts. */
  #firstContent({ at, next }: Place, end: number): number {
    const { outline } = this;
    if (!outline.sections || outline.start(next - 1) !== at) return at;
    let index = next - 1;
    while (outline.isTopic(index) && outline.start(index + 1) < end) index++;
    return outline.start(index);
  }

  #counted(from: number, to: number): number {
    if (from !== this.#last.from || to !== this.#last.to)
      this.#last = { from, to, tokens: this.count(this.text.slice(from, to)) };
    return this.#last.tokens;
  }
}
