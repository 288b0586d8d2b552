/**
 * Waits for a part of the host to end: says what it waits for when that takes long, and goes on without it past a limit.
 * By the machine's time, since an app's virtual clock may stand still while its host stops.
 */
import { sleep, systemClock, type Clock } from './clock';
import type { Log } from './log';

export interface EndLimits {
  /** Milliseconds after which the log says what is waited for. */
  readonly tellMs: number;
  /** Milliseconds after which it is left to itself. More than `tellMs`. */
  readonly limitMs: number;
}

export interface EndOptions extends EndLimits {
  readonly log: Log;
  /** Names what has not ended yet. */
  readonly waitsFor: () => string;
  /** Default: the machine's. */
  readonly clock?: Clock;
}

/** Resolves with true when it ended, with false past the limit; rejects as it does, unless that is too late. */
export async function endWithin(ended: Promise<unknown>, options: EndOptions): Promise<boolean> {
  const { tellMs, limitMs, log, waitsFor, clock = systemClock } = options;
  const over = new AbortController();
  const isOver = (): boolean => over.signal.aborted;
  const late = async (): Promise<boolean> => {
    await sleep(clock, tellMs, over.signal);
    if (isOver()) return true;
    log.warning(
      `The host stops as soon as ${waitsFor()} has ended, at the latest in ${seconds(limitMs - tellMs)}. A second signal (Ctrl-C) ends it at once.`,
    );
    await sleep(clock, limitMs - tellMs, over.signal);
    if (isOver()) return true;
    log.error(
      `The host stops although ${waitsFor()} has not ended within ${seconds(limitMs)}. What was in hand is not acknowledged: it comes again where its trigger gives things again.`,
    );
    return false;
  };
  // A rejection that comes past the limit is nobody's any more.
  ended.catch(() => undefined);
  try {
    return await Promise.race([ended.then(() => true), late()]);
  } finally {
    over.abort();
  }
}

function seconds(ms: number): string {
  return `${Math.round(ms / 100) / 10} s`;
}
