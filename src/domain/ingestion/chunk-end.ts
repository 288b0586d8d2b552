import { innerCut } from './inner-cut';
import { LAST_LEVEL, type Outline } from './outline';
import type { TokenEstimate } from './token-estimate';

/** A place in the text, with the first unit that starts after it. */
export interface Place {
  readonly at: number;
  readonly next: number;
}

export interface Room {
  /** Tokens that are left for new text beside the overlap. */
  readonly tokens: number;
  /** Tokens of a chunk; what fits in these alone is not torn. */
  readonly whole: number;
}

export interface ChosenEnd {
  /** Its tokens are a guess: count before you promise. Where the chunk starts only when not a code point fits. */
  readonly end: number;
  /** Whether it ends there for want of room, and might go on if there is more than was guessed. */
  readonly full: boolean;
}

/** Of a chunk's tokens: one that has as many ends where another topic begins. */
const ENOUGH = 0.25;

/**
 * Chooses where a chunk ends, by what the units are likely to have together:
 * 1. Groups are taken whole, one after the other, while they fit.
 * 2. It ends where a topic begins, once it is large enough, or where the topic that it began in was left.
 * 3. A group that fits into a chunk of its own gets one. One that does not is entered, unit by unit, unless the chunk is large
 *    enough without.
 * 4. A unit too large for any chunk is cut within.
 * 5. Titles stay with what follows them, even where that is torn for it.
 */
export class ChunkEnds {
  constructor(
    private readonly text: string,
    private readonly outline: Outline,
    private readonly estimate: TokenEstimate,
    private readonly counted: (from: number, to: number) => number,
  ) {}

  after(start: Place, room: Room): ChosenEnd {
    const { outline } = this;
    const enough = room.whole * ENOUGH;
    const began = start.at === 0 ? 0 : this.#level(start);
    let place = start;
    let taken = 0;
    // Before the titles that nothing was taken of yet.
    let solid = start.at;
    const full = (): ChosenEnd => ({ end: solid > start.at ? solid : place.at, full: true });
    while (place.at < outline.end) {
      const limit = taken === 0 ? room.whole : room.tokens;
      const group = this.#group(place, room);
      const hasContent = solid > start.at;
      let next = group.next;
      if (taken + group.tokens <= limit) taken += group.tokens;
      else if (hasContent && (taken >= enough || group.tokens <= room.whole)) return full();
      else {
        const unit = this.#unit(place, room);
        if (taken + unit > limit) {
          if (hasContent && unit <= room.whole) return full();
          const reach = this.estimate.reach(place.at, outline.start(place.next), room.tokens - taken);
          const end = innerCut(this.text, place.at, reach);
          return end > place.at ? { end, full: true } : full();
        }
        taken += unit;
        next = place.next;
      }
      const isTitle = outline.sections && next === place.next && this.#isTopic(place);
      place = this.#place(next);
      if (!isTitle) solid = place.at;
      if (outline.isTopic(next) && (taken >= enough || outline.level(next) < began)) break;
    }
    return { end: place.at, full: false };
  }

  #isTopic({ at, next }: Place): boolean {
    return this.outline.start(next - 1) === at && this.outline.isTopic(next - 1);
  }

  /** How good a place it is, where a unit starts. */
  #level({ at, next }: Place): number {
    return this.outline.start(next - 1) === at ? this.outline.level(next - 1) : LAST_LEVEL;
  }

  #place(index: number): Place {
    return { at: this.outline.start(index), next: index + 1 };
  }

  /** From a place to the next unit. */
  #unit({ at, next }: Place, { whole }: Room): number {
    const { outline, estimate } = this;
    return outline.start(next - 1) === at
      ? estimate.unit(next - 1)
      : estimate.upTo(at, outline.start(next), whole * (1 + estimate.doubt));
  }

  /** The unit and what belongs to it; more tokens than a chunk has when it does not fit. */
  #group(place: Place, room: Room): { readonly next: number; readonly tokens: number } {
    const { outline } = this;
    const level = this.#level(place);
    const { doubt } = this.estimate;
    const most = room.whole * (1 + doubt);
    let tokens = this.#unit(place, room);
    let next = place.next;
    for (; next < outline.length && tokens <= most; next++) {
      if (outline.level(next) <= level || (outline.sections && outline.isTopic(next))) break;
      tokens += this.estimate.unit(next);
    }
    // Where a guess does not tell.
    if (tokens > room.whole * (1 - doubt) && tokens <= most && doubt > 0)
      tokens = this.counted(place.at, outline.start(next));
    return { next, tokens };
  }
}
