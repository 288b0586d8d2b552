import { systemClock, type Clock } from './clock';
import { livingInstance } from './instance-lock';
import type { Log } from './log';

const LOOK_MS = 1000;

/**
 * For the instances after the first: says when instance 1 is gone, and when it is back. Nobody takes its place: whoever
 * started it starts it again, and finds its port free.
 * @returns ends the watch.
 */
export function watchFirstInstance(stateDir: string, log: Log, clock: Clock = systemClock): () => void {
  let there: boolean | undefined;
  let cancel: () => void;
  const look = (): void => {
    const first = livingInstance(stateDir, 1);
    if (!first && there !== false)
      log.warning(
        `Instance 1 ${there ? 'is gone' : 'does not run'}: nobody serves HTTP, timers, blob scans and Event Grid's part until it is started ` +
          '(again). Queues and durable work go on here.',
      );
    if (first && there === false) log.information(`Instance 1 runs again (process ${first.pid}).`);
    there = first !== undefined;
    cancel = clock.after(LOOK_MS, look);
  };
  // Not at once: it may be starting at this very moment.
  cancel = clock.after(LOOK_MS, look);
  return () => cancel();
}
