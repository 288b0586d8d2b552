import type { Mark } from './outline';

/** Reads the titles above a place, for places in rising order: each mark is looked at once. */
export class HeadingPath {
  readonly #open: Mark[] = [];
  #next = 0;
  #path: readonly string[] = [];

  constructor(private readonly marks: readonly Mark[]) {}

  /** Titles that `place` stands under, outermost first, those that begin at it included. */
  at(place: number): readonly string[] {
    const before = this.#next;
    for (let mark = this.marks[this.#next]; mark && mark.start <= place; mark = this.marks[++this.#next]) {
      while ((this.#open.at(-1)?.depth ?? -1) >= mark.depth) this.#open.pop();
      if (mark.title !== undefined) this.#open.push(mark);
    }
    if (this.#next !== before) this.#path = this.#open.map(({ title }) => title ?? '');
    return this.#path;
  }
}
