import type { Vocabulary } from './vocabulary';

/** Bytes; up to here looking through all pairs is quicker than a heap. */
const SHORT = 40;
const NONE = 0x7fffffff;
/** Places in a piece, as heap entries hold them below the rank. */
const PLACES = 2 ** 24;

/**
 * Counts the tokens that byte pair encoding makes of a piece: the pair of neighbours with the lowest rank is merged, the leftmost
 * first, until no pair is a token. Time grows with n log n for a piece of n bytes. Keeps its arrays from piece to piece.
 */
export class BytePairMerge {
  #ranks = new Int32Array(64);
  #ends = new Int32Array(64);
  #before = new Int32Array(64);
  #heap = new Float64Array(64 * 3);
  #heaped = 0;

  constructor(private readonly vocabulary: Vocabulary) {}

  /** Of `bytes` from 0 to `length`, 2 at least. */
  count(bytes: Uint8Array, length: number): number {
    if (length > this.#ranks.length) this.#grow(length);
    return length <= SHORT ? this.#countShort(bytes, length) : this.#countLong(bytes, length);
  }

  /** Parts stand side by side in `ends`; `ranks` has the rank of each merged with its right neighbour. */
  #countShort(bytes: Uint8Array, length: number): number {
    const { vocabulary } = this;
    const [ranks, ends] = [this.#ranks, this.#ends];
    let parts = length;
    for (let part = 0; part < length; part++) {
      ends[part] = part + 1;
      ranks[part] = part + 1 < length ? rankOf(vocabulary, bytes, part, part + 2) : NONE;
    }
    for (;;) {
      let best = NONE;
      let at = -1;
      for (let part = 0; part < parts - 1; part++) {
        const rank = ranks[part] ?? NONE;
        if (rank < best) [best, at] = [rank, part];
      }
      if (at < 0) return parts;
      ends[at] = ends[at + 1] ?? length;
      for (let part = at + 1; part < parts - 1; part++) {
        ends[part] = ends[part + 1] ?? length;
        ranks[part] = ranks[part + 1] ?? NONE;
      }
      parts--;
      const start = at > 0 ? (ends[at - 1] ?? 0) : 0;
      ranks[at] = at + 1 < parts ? rankOf(vocabulary, bytes, start, ends[at + 1] ?? length) : NONE;
      if (at > 0) ranks[at - 1] = rankOf(vocabulary, bytes, at > 1 ? (ends[at - 2] ?? 0) : 0, ends[at] ?? length);
    }
  }

  /** Parts are known by their first byte: `ends` has where each ends, `before` where the one before begins. */
  #countLong(bytes: Uint8Array, length: number): number {
    const [ranks, ends, before] = [this.#ranks, this.#ends, this.#before];
    let parts = length;
    this.#heaped = 0;
    for (let part = 0; part < length; part++) {
      ends[part] = part + 1;
      before[part] = part - 1;
    }
    for (let part = 0; part < length; part++) this.#rank(bytes, part, length);
    while (this.#heaped > 0) {
      const entry = this.#pop();
      const part = entry % PLACES;
      // Merged since, or with another neighbour than then.
      if (ranks[part] !== (entry - part) / PLACES) continue;
      const right = ends[part] ?? length;
      const end = ends[right] ?? length;
      ends[part] = end;
      ranks[right] = NONE;
      if (end < length) before[end] = part;
      parts--;
      this.#rank(bytes, part, length);
      const left = before[part] ?? -1;
      if (left >= 0) this.#rank(bytes, left, length);
    }
    return parts;
  }

  /** Looks up what the part and its right neighbour are together. */
  #rank(bytes: Uint8Array, part: number, length: number): void {
    const right = this.#ends[part] ?? length;
    const rank = right < length ? rankOf(this.vocabulary, bytes, part, this.#ends[right] ?? length) : NONE;
    this.#ranks[part] = rank;
    if (rank !== NONE) this.#push(rank * PLACES + part);
  }

  #push(entry: number): void {
    const heap = this.#heap;
    let at = this.#heaped++;
    for (let parent = (at - 1) >> 1; at > 0 && (heap[parent] ?? 0) > entry; parent = (at - 1) >> 1) {
      heap[at] = heap[parent] ?? 0;
      at = parent;
    }
    heap[at] = entry;
  }

  #pop(): number {
    const heap = this.#heap;
    const top = heap[0] ?? 0;
    const last = heap[--this.#heaped] ?? 0;
    let at = 0;
    for (let child = 1; child < this.#heaped; child = at * 2 + 1) {
      if (child + 1 < this.#heaped && (heap[child + 1] ?? 0) < (heap[child] ?? 0)) child++;
      if ((heap[child] ?? 0) >= last) break;
      heap[at] = heap[child] ?? 0;
      at = child;
    }
    heap[at] = last;
    return top;
  }

  /** Each merge adds two entries at most, and there are fewer merges than bytes. */
  #grow(length: number): void {
    this.#ranks = new Int32Array(length);
    this.#ends = new Int32Array(length);
    this.#before = new Int32Array(length);
    this.#heap = new Float64Array(length * 3);
  }
}

function rankOf(vocabulary: Vocabulary, bytes: Uint8Array, from: number, to: number): number {
  const rank = vocabulary.rank(bytes, from, to);
  return rank < 0 ? NONE : rank;
}
