/**
 * Where a text may be cut, and how well: the starts of its units (a paragraph, a table row, a line of code), each with a level.
 * A lower level is a better place. A unit and those of higher levels that follow it are a group (a list, a function), which is
 * kept whole where it fits. The units tile the text: the first starts at 0, each ends where the next starts.
 *
 * Kept in typed arrays: a text of ten million characters may have millions of units.
 */
export class Outline {
  #starts = new Int32Array(256);
  #levels = new Uint8Array(256);
  #length = 0;
  readonly #marks: Mark[] = [];

  /**
   * @param end length of the text
   * @param sections whether a topic ends the group before it at any level, as a heading does; otherwise, as a method in a class,
   * it belongs to the group
   */
  constructor(
    readonly end: number,
    readonly sections: boolean,
  ) {}

  /** Units. */
  get length(): number {
    return this.#length;
  }

  /** In rising order. `topic`: something else begins here, a section or a function. Answers the unit's index. */
  add(start: number, level: number, topic = false): number {
    if (this.#length === this.#starts.length) this.#grow();
    // Blank lines at the beginning belong to what follows them.
    this.#starts[this.#length] = this.#length === 0 ? 0 : start;
    this.#levels[this.#length] = topic ? level | TOPIC : level;
    return this.#length++;
  }

  /** Says better what a unit is, once more of it was read. */
  relevel(index: number, level: number, topic: boolean): void {
    this.#levels[index] = topic ? level | TOPIC : level;
  }

  start(index: number): number {
    return index < this.#length ? (this.#starts[index] ?? this.end) : this.end;
  }

  /** 0 to {@link LAST_LEVEL}; the end of the text is at level 0. */
  level(index: number): number {
    return index < this.#length ? (this.#levels[index] ?? 0) & LAST_LEVEL : 0;
  }

  isTopic(index: number): boolean {
    return index < this.#length && ((this.#levels[index] ?? 0) & TOPIC) !== 0;
  }

  /** From `start` on the text stands under this title, until a mark of the same or a lower depth; without title it only ends others. */
  mark(start: number, depth: number, title: string | undefined): void {
    this.#marks.push({ start, depth, title });
  }

  get marks(): readonly Mark[] {
    return this.#marks;
  }

  #grow(): void {
    const starts = new Int32Array(this.#starts.length * 2);
    starts.set(this.#starts);
    this.#starts = starts;
    const levels = new Uint8Array(this.#levels.length * 2);
    levels.set(this.#levels);
    this.#levels = levels;
  }
}

export interface Mark {
  readonly start: number;
  readonly depth: number;
  readonly title: string | undefined;
}

export const LAST_LEVEL = 0x7f;
const TOPIC = 0x80;
