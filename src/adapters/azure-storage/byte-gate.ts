import { setTimeout as delay } from 'node:timers/promises';
import type { ByteGate } from '../../ports/block-upload';

/**
 * Lets at most so many bytes a second through, by the clock that never jumps. Idle time is not saved up beyond one second, so
 * that a cap holds over any second and a bit.
 */
export function createByteGate(bytesPerS: number): ByteGate {
  let freeAt = 0;
  return async (bytes, signal) => {
    const now = performance.now();
    freeAt = Math.max(freeAt, now - 1_000) + (bytes / bytesPerS) * 1_000;
    const wait = freeAt - now;
    if (wait > 0) await delay(wait, undefined, signal ? { signal, ref: false } : { ref: false });
  };
}
