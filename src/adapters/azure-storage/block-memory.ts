/** Memory for blocks, used again rather than left to the collector. */
export interface BlockMemory {
  /** At least so many bytes, with whatever stood there before. Where they are bounded: `turn` is the number of the upload. */
  take(bytes: number, turn?: number, signal?: AbortSignal): Uint8Array | Promise<Uint8Array>;
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

interface Waiter {
  readonly bytes: number;
  readonly turn: number;
  readonly go: () => void;
}

/**
 * Block memory of which no more than `mostBytes` are out at a time; what is asked for beyond waits. Those with a turn (the blocks
 * of an upload, all under one number) wait for lower numbers, so that one file ends before the next has all its blocks on the
 * way; those without come in order, and both kinds alternate. What is larger than the bound goes alone.
 */
export function boundedBlockMemory(inner: BlockMemory, mostBytes: number): BlockMemory {
  const whole: Waiter[] = [];
  const blocks: Waiter[] = [];
  let out = 0;
  let wholeNext = true;

  function grant(): void {
    for (;;) {
      const from = (wholeNext ? whole.length > 0 : blocks.length === 0) ? whole : blocks;
      const [first] = from;
      if (!first || (out > 0 && out + first.bytes > mostBytes)) return;
      from.shift();
      wholeNext = from !== whole;
      out += first.bytes;
      first.go();
    }
  }

  return {
    async take(bytes, turn, signal) {
      signal?.throwIfAborted();
      const size = sizeClass(bytes);
      await new Promise<void>((resolve, reject) => {
        const queue = turn === undefined ? whole : blocks;
        const leave = (): void => {
          queue.splice(queue.indexOf(waiter), 1);
          reject(signal?.reason as Error);
          grant();
        };
        const waiter: Waiter = {
          bytes: size,
          turn: turn ?? 0,
          go() {
            signal?.removeEventListener('abort', leave);
            resolve();
          },
        };
        const after = queue.findIndex((other) => other.turn > waiter.turn);
        queue.splice(after < 0 ? queue.length : after, 0, waiter);
        signal?.addEventListener('abort', leave, { once: true });
        grant();
      });
      return inner.take(bytes);
    },
    give(memory) {
      inner.give(memory);
      out -= memory.byteLength;
      grant();
    },
  };
}
