/** Bytes; longer pieces are rare, and seldom come twice. */
const LONGEST = 64;
/** A power of two. */
const SLOTS = 4096;

/**
 * Remembers how many tokens pieces had that are no token themselves: names and words that a text has again and again. One place for
 * each hash; a newcomer takes it. 256 KiB.
 */
export class MergedPieces {
  readonly #bytes = new Uint8Array(SLOTS * LONGEST);
  readonly #lengths = new Uint8Array(SLOTS);
  readonly #tokens = new Uint8Array(SLOTS);

  /** 0 when it is not known. */
  find(bytes: Uint8Array, length: number): number {
    if (length > LONGEST) return 0;
    const slot = slotOf(bytes, length);
    if (this.#lengths[slot] !== length) return 0;
    const own = slot * LONGEST;
    for (let at = 0; at < length; at++) if (bytes[at] !== this.#bytes[own + at]) return 0;
    return this.#tokens[slot] ?? 0;
  }

  add(bytes: Uint8Array, length: number, tokens: number): void {
    if (length > LONGEST) return;
    const slot = slotOf(bytes, length);
    this.#lengths[slot] = length;
    this.#tokens[slot] = tokens;
    for (let at = 0, own = slot * LONGEST; at < length; at++, own++) this.#bytes[own] = bytes[at] ?? 0;
  }
}

const { imul } = Math;

function slotOf(bytes: Uint8Array, length: number): number {
  let hash = length;
  for (let at = 0; at < length; at++) hash = imul(hash ^ (bytes[at] ?? 0), 0x01000193);
  return (hash ^ (hash >>> 15)) & (SLOTS - 1);
}
