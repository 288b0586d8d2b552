/**
 * The tokens of a byte pair encoding, found by their bytes: one table of ranks, open addressing, the bytes of all tokens side by
 * side. About 3 MiB for 100,000 tokens, against some 20 for a map of strings, and nothing is made to look one up.
 */
export class Vocabulary {
  readonly #bytes: Uint8Array;
  /** Where the bytes of a rank begin; those of the next end them. */
  readonly #starts: Int32Array;
  /** Rank + 1, by the hash of its bytes; 0 where there is none. */
  readonly #slots: Int32Array;
  readonly #mask: number;

  /** @param ranks lines of `! FIRST_RANK BASE64 BASE64 …`, as js-tiktoken has them */
  constructor(ranks: string) {
    const lines = ranks.split('\n').filter((line) => line !== '');
    const bytes = Buffer.allocUnsafe(ranks.length);
    const starts: number[] = [];
    let end = 0;
    for (const line of lines) {
      const [, first = '', ...tokens] = line.split(' ');
      for (let rank = starts.length; rank < Number(first); rank++) starts.push(end);
      for (const token of tokens) {
        starts.push(end);
        end += bytes.write(token, end, 'base64');
      }
    }
    this.#bytes = Uint8Array.from(bytes.subarray(0, end));
    this.#starts = Int32Array.from([...starts, end]);
    this.#mask = 2 ** Math.ceil(Math.log2(starts.length * 2)) - 1;
    this.#slots = new Int32Array(this.#mask + 1);
    for (let rank = 0; rank < starts.length; rank++) this.#add(rank);
  }

  /** Rank of the token with these bytes, -1 when there is none. Lower ranks are merged first. */
  rank(bytes: Uint8Array, from: number, to: number): number {
    for (let slot = hashOf(bytes, from, to) & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const rank = (this.#slots[slot] ?? 0) - 1;
      if (rank < 0 || this.#is(rank, bytes, from, to)) return rank;
    }
  }

  #is(rank: number, bytes: Uint8Array, from: number, to: number): boolean {
    const start = this.#starts[rank] ?? 0;
    if ((this.#starts[rank + 1] ?? 0) - start !== to - from) return false;
    for (let at = from, own = start; at < to; at++, own++) if (bytes[at] !== this.#bytes[own]) return false;
    return true;
  }

  #add(rank: number): void {
    const [from = 0, to = 0] = [this.#starts[rank], this.#starts[rank + 1]];
    if (from === to) return;
    let slot = hashOf(this.#bytes, from, to) & this.#mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & this.#mask;
    this.#slots[slot] = rank + 1;
  }
}

// Looked up once: where tests run, a global costs more than the hash.
const { imul } = Math;

/** FNV-1a, its upper bits mixed into the lower ones, which are what counts. */
function hashOf(bytes: Uint8Array, from: number, to: number): number {
  let hash = 0x811c9dc5;
  for (let at = from; at < to; at++) hash = imul(hash ^ (bytes[at] ?? 0), 0x01000193);
  return hash ^ (hash >>> 15);
}
