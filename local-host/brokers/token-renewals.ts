/**
 * Makes the Event Hubs SDK's renewals of its access tokens keep no process alive.
 *
 * The SDK (6.0.4) starts a timer of up to 45 minutes with each link, and loses track of it when the link is opened again or
 * closed while it is being opened, as when partitions move: a program that has closed its client would not end before the
 * next renewal, and not then either. The timer comes from a module of its own, which is replaced before the SDK loads it;
 * what a version without that module does is left as it is.
 */
import path from 'node:path';

interface TimerLoop {
  start(): void;
  stop(): void;
  isRunning: boolean;
}

/** Replaces the module in what `load` loads. To be called before `load('@azure/event-hubs')`. */
export function loosenTokenRenewals(load: NodeJS.Require): void {
  const file = path.join(path.dirname(load.resolve('@azure/event-hubs')), 'util', 'timerLoop.js');
  try {
    load(file);
  } catch {
    return;
  }
  const loaded = load.cache[file];
  if (loaded && 'createTimerLoop' in (loaded.exports as object)) loaded.exports = { createTimerLoop };
}

/** Does the task every so often, until it is stopped or nothing else keeps the process alive. */
function createTimerLoop(everyMs: number, task: () => Promise<void>): TimerLoop {
  let timer: NodeJS.Timeout | undefined;
  const loop: TimerLoop = {
    isRunning: false,
    start() {
      clearTimeout(timer);
      loop.isRunning = true;
      timer = setTimeout(() => {
        const again = (): void => {
          if (loop.isRunning) loop.start();
        };
        task().then(again, again);
      }, everyMs).unref();
    },
    stop() {
      clearTimeout(timer);
      loop.isRunning = false;
    },
  };
  return loop;
}
