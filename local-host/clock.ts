/**
 * The only source of time in the host. Everything that waits takes a Clock, so that a test can move time by hand and a
 * 30-day durable timer fires in milliseconds. What waits for another program, such as the storage with its leases or another
 * host process, goes by the machine's clock whatever clock the app runs on.
 */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls back once, no earlier than `delayMs` from now. The returned function cancels it; cancelling twice is harmless. */
  after(delayMs: number, callback: () => void): () => void;
  /** For clocks moved by hand: time stands still until the returned function is called, because work is under way. */
  hold?(): () => void;
}

const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

/** The machine's clock. Delays beyond Node's 24.8-day limit are waited for in parts. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(delayMs, callback) {
    let timer: NodeJS.Timeout;
    const due = Date.now() + delayMs;
    const arm = (): void => {
      const left = due - Date.now();
      timer = left > LONGEST_TIMEOUT_MS ? setTimeout(arm, LONGEST_TIMEOUT_MS) : setTimeout(callback, Math.max(0, left));
    };
    arm();
    return () => clearTimeout(timer);
  },
};

/** Resolves after `ms` on the given clock, or at once when the signal aborts. Never rejects. */
export function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) {
      resolve();
      return;
    }
    const onAbort = (): void => {
      cancel();
      resolve();
    };
    const cancel = clock.after(ms, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
