import type { CountTokens } from './chunk';
import { innerCut } from './inner-cut';
import { LAST_LEVEL, type Outline } from './outline';
import type { UnitTokens } from './unit-tokens';

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

/** Of a chunk's tokens: one that has as many ends where another topic begins. */
const ENOUGH = 0.25;
/** Sums over units are that much too high at most; a group between is counted as a whole. */
const LOOSE = 1.15;

/**
 * Chooses where a chunk ends, by what the units have together:
 * 1. Groups are taken whole, one after the other, while they fit.
 * 2. It ends where a topic begins, once it is large enough, or where the topic that it began in was left.
 * 3. A group that fits into a chunk of its own gets one. One that does not is entered, unit by unit, unless the chunk is large
 *    enough without.
 * 4. A unit too large for any chunk is cut within.
 */
export class ChunkEnds {
  constructor(
    private readonly text: string,
    private readonly outline: Outline,
    private readonly units: UnitTokens,
    private readonly count: CountTokens,
  ) {}

  /** The end's tokens are a good guess: count before you promise. Equal to `start.at` only when not a character fits. */
  after(start: Place, room: Room): number {
    const { outline } = this;
    const enough = room.whole * ENOUGH;
    const began = start.at === 0 ? 0 : this.#level(start);
    let place = start;
    let taken = 0;
    while (place.at < outline.end) {
      const group = this.#group(place, room);
      if (taken + group.tokens <= (taken === 0 ? room.whole : room.tokens)) {
        taken += group.tokens;
        place = this.#place(group.next);
      } else if (taken > 0 && (taken >= enough || group.tokens <= room.whole)) break;
      else {
        const unit = this.#unit(place);
        if (taken + unit > (taken === 0 ? room.whole : room.tokens)) {
          if (taken > 0 && unit <= room.whole) break;
          return innerCut(this.text, place.at, outline.start(place.next), room.tokens - taken, this.count);
        }
        taken += unit;
        place = this.#place(place.next);
      }
      const index = place.next - 1;
      if (outline.isTopic(index) && (taken >= enough || outline.level(index) < began)) break;
    }
    return place.at;
  }

  /** Whether a unit starts at the place, and how good a place it is. */
  #level({ at, next }: Place): number {
    return this.outline.start(next - 1) === at ? this.outline.level(next - 1) : LAST_LEVEL;
  }

  #place(index: number): Place {
    return { at: this.outline.start(index), next: index + 1 };
  }

  /** From a place to the next unit. */
  #unit({ at, next }: Place): number {
    return this.outline.start(next - 1) === at
      ? this.units.of(next - 1)
      : this.units.upTo(at, this.outline.start(next));
  }

  /** The unit and what belongs to it; more tokens than a chunk has when it does not fit. */
  #group(place: Place, { whole }: Room): { readonly next: number; readonly tokens: number } {
    const { outline } = this;
    const level = this.#level(place);
    let tokens = this.#unit(place);
    let next = place.next;
    for (; next < outline.length && tokens <= whole * LOOSE; next++) {
      if (outline.level(next) <= level || (outline.sections && outline.isTopic(next))) break;
      tokens += this.units.of(next);
    }
    if (tokens > whole && tokens <= whole * LOOSE) tokens = this.count(this.text.slice(place.at, outline.start(next)));
    return { next, tokens };
  }
}
