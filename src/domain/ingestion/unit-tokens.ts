import type { CountTokens } from './chunk';
import { countUpTo } from './inner-cut';
import type { Outline } from './outline';

/**
 * Tokens of an outline's units, each counted once. Sums over units are near the count of the text that they make, not equal to
 * it: good for choosing a place, not for a promise.
 */
export class UnitTokens {
  readonly #known: Int32Array;

  /** @param cap a unit with more tokens is too large for any chunk: how many more nobody asks. */
  constructor(
    private readonly text: string,
    private readonly outline: Outline,
    private readonly cap: number,
    private readonly count: CountTokens,
  ) {
    this.#known = new Int32Array(outline.length).fill(-1);
  }

  /** From the unit's start to the next one's; above `cap` when there are more. */
  of(index: number): number {
    const known = this.#known[index] ?? -1;
    if (known >= 0) return known;
    const tokens = this.upTo(this.outline.start(index), this.outline.start(index + 1));
    this.#known[index] = tokens;
    return tokens;
  }

  /** Of any part of the text; above `cap` when there are more. */
  upTo(from: number, to: number): number {
    return countUpTo(this.text, from, to, this.cap, this.count);
  }
}
