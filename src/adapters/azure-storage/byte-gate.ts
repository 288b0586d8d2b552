import { setTimeout as delay } from 'node:timers/promises';
import type { ByteGate } from '../../ports/block-upload';

export interface ByteGateTime {
  /** Milliseconds by a clock that never jumps. */
  readonly now: () => number;
  /** Resolves after `ms`; rejects when the signal aborts first. */
  readonly wait: (ms: number, signal?: AbortSignal) => Promise<void>;
}

const machineTime: ByteGateTime = {
  now: () => performance.now(),
  wait: (ms, signal) => delay(ms, undefined, signal ? { signal, ref: false } : { ref: false }),
};

/**
 * Lets at most so many bytes a second through, by the clock that never jumps. Idle time is not saved up beyond one second, so
 * that a cap holds over any second and a bit.
 */
export function createByteGate(bytesPerS: number, time: ByteGateTime = machineTime): ByteGate {
  let freeAt = 0;
  return async (bytes, signal) => {
    const now = time.now();
    freeAt = Math.max(freeAt, now - 1_000) + (bytes / bytesPerS) * 1_000;
    const wait = freeAt - now;
    if (wait > 0) await time.wait(wait, signal);
  };
}
