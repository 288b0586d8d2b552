/** Memory for blocks, used again rather than left to the collector. */
export interface BlockMemory {
  /** At least so many bytes, with whatever stood there before. */
  take(bytes: number): Uint8Array;
  /** Must not be touched by the giver any more. */
  give(memory: Uint8Array): void;
}

/** What is kept for the next upload when none is under way: small enough to forget about. */
const KEPT_BYTES = 64 * 1024 * 1024;

export function createBlockMemory(): BlockMemory {
  const spare = new Map<number, Uint8Array[]>();
  let keptBytes = 0;
  return {
    take(bytes) {
      const size = sizeClass(bytes);
      const found = spare.get(size)?.pop();
      if (!found) return new Uint8Array(new ArrayBuffer(size));
      keptBytes -= size;
      return found;
    },
    give(memory) {
      const size = memory.byteLength;
      if (keptBytes + size > KEPT_BYTES) return;
      keptBytes += size;
      const list = spare.get(size);
      if (list) list.push(memory);
      else spare.set(size, [memory]);
    },
  };
}

/** Powers of two from 16 KiB on, whole MiB above one. */
function sizeClass(bytes: number): number {
  const MiB = 1024 * 1024;
  if (bytes > MiB) return Math.ceil(bytes / MiB) * MiB;
  let size = 16 * 1024;
  while (size < bytes) size *= 2;
  return size;
}
