/**
 * Notes on items, written behind the work: what comes while a write is under way goes with the next. Invariants: 1. nobody waits for
 * more than the write that his notes are in, and no longer than a few seconds; where the store fails nobody waits at all; 2. what cannot be written is tried again,
 * a few times; 3. what waits is bounded, the oldest goes first.
 */
import type { ItemNote } from '../domain/items/item';
import type { ItemNotes } from '../ports/item-notes';
import type { ItemStore } from '../ports/item-store';
import { messageOf, type Logger } from '../telemetry/logger';

export interface ItemNotesOptions {
  /** Notes that wait at most. Default 20,000. */
  readonly mostWaiting?: number;
  /** In one write. Default 500. */
  readonly atOnce?: number;
  /** Runs `work` so much later, unless what it gives is called before. Default: a timer. */
  readonly after?: (ms: number, work: () => void) => () => void;
}

const TRIES = 4;
const FIRST_PAUSE_MS = 500;
/** A store that does not answer holds nobody up beyond this. */
const LONGEST_WAIT_MS = 5_000;

function timer(ms: number, work: () => void): () => void {
  const started = setTimeout(work, ms).unref();
  return () => clearTimeout(started);
}

export interface ItemNotesWriter extends ItemNotes {
  /** Writes what waits, once, and nothing from then on. */
  stop(): Promise<void>;
}

/** Of an app without a store of items. */
export const noItemNotes: ItemNotesWriter = {
  note: () => undefined,
  kept: () => Promise.resolve(),
  stop: () => Promise.resolve(),
};

export function createItemNotes(
  ports: {
    readonly store: Pick<ItemStore, 'put'>;
    /** Rejects when the app stops. */
    readonly sleep: (ms: number) => Promise<void>;
    readonly logger: Logger;
  },
  { mostWaiting = 20_000, atOnce = 500, after: later = timer }: ItemNotesOptions = {},
): ItemNotesWriter {
  let waiting: ItemNote[] = [];
  let underWay = 0;
  let writing: Promise<void> | undefined;
  let isFailing = false;
  let isStopped = false;
  /** `after`: so many notes more. */
  let waiters: { after: number; readonly resolve: () => void }[] = [];

  function wake(written: number): void {
    for (const waiter of waiters) waiter.after -= written;
    const done = waiters.filter(({ after }) => after <= 0 || isFailing);
    waiters = waiters.filter((waiter) => !done.includes(waiter));
    for (const { resolve } of done) resolve();
  }

  async function writeAll(): Promise<void> {
    while (waiting.length > 0) {
      const some = waiting.slice(0, atOnce);
      waiting = waiting.slice(atOnce);
      underWay = some.length;
      await write(some);
      underWay = 0;
      wake(some.length);
    }
  }

  async function write(notes: readonly ItemNote[]): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await ports.store.put(notes);
        isFailing = false;
        return;
      } catch (error) {
        if (!isFailing)
          ports.logger.warn('Items cannot be noted; npm run where may be behind', { reason: messageOf(error) });
        isFailing = true;
        wake(0);
        if (attempt === TRIES || isStopped) return;
        const stopped = await ports.sleep(FIRST_PAUSE_MS * 2 ** (attempt - 1)).then(
          () => false,
          () => true,
        );
        if (stopped) return;
      }
    }
  }

  function start(): void {
    writing ??= writeAll().finally(() => {
      writing = undefined;
      if (waiting.length > 0) start();
    });
  }

  return {
    note(...notes) {
      if (isStopped) return;
      waiting.push(...notes);
      const over = waiting.length - mostWaiting;
      if (over > 0) {
        waiting = waiting.slice(over);
        wake(over);
      }
      // What is noted in one turn goes together.
      queueMicrotask(start);
    },
    kept() {
      const after = underWay + waiting.length;
      if (after === 0 || isFailing) return Promise.resolve();
      return new Promise((resolve) => {
        const cancel = later(LONGEST_WAIT_MS, () => {
          waiters = waiters.filter((one) => one !== waiter);
          resolve();
        });
        const waiter = {
          after,
          resolve: () => {
            cancel();
            resolve();
          },
        };
        waiters.push(waiter);
      });
    },
    async stop() {
      isStopped = true;
      start();
      await writing;
    },
  };
}
