/** Notes are written behind the work, and never in its way. */
import type { ItemNote } from '../../../../src/domain/items/item';
import { createItemNotes } from '../../../../src/intake/item-notes';
import { silentLogger } from '../../../fakes/memory-stores';

const note = (n: number): ItemNote => ({ pipeline: 'media', key: `${n}`, name: `n${n}`, state: 'done', atMs: n });
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function world(options = {}) {
  const written: (readonly number[])[] = [];
  const held: ((error?: Error) => void)[] = [];
  const sleeps: number[] = [];
  const warnings: string[] = [];
  const notes = createItemNotes(
    {
      store: {
        put: (some) =>
          new Promise((resolve, reject) => {
            written.push(some.map(({ atMs }) => atMs));
            held.push((error) => (error ? reject(error) : resolve()));
          }),
      },
      sleep: async (ms) => void sleeps.push(ms),
      logger: { ...silentLogger, warn: (message) => void warnings.push(message) },
    },
    options,
  );
  return { notes, written, held, sleeps, warnings };
}

it('writes what comes together at once, and what comes meanwhile together after it', async () => {
  const { notes, written, held } = world();
  notes.note(note(1));
  notes.note(note(2), note(3));
  await turn();
  for (const n of [4, 5, 6]) notes.note(note(n));
  await turn();
  expect(written).toEqual([[1, 2, 3]]);
  held[0]?.();
  await turn();
  expect(written).toEqual([
    [1, 2, 3],
    [4, 5, 6],
  ]);
});

it('is kept when what was noted before is, whatever comes after', async () => {
  const { notes, held } = world();
  await notes.kept();
  notes.note(note(1));
  let kept = false;
  const waiting = notes.kept().then(() => (kept = true));
  await turn();
  notes.note(note(2));
  await turn();
  expect(kept).toBe(false);
  held[0]?.();
  await waiting;
});

it('lets nobody wait while the store fails, tries again, and says so once', async () => {
  const { notes, written, held, sleeps, warnings } = world();
  notes.note(note(1));
  const first = notes.kept();
  await turn();
  held[0]?.(new Error('away'));
  await first;
  notes.note(note(2));
  await notes.kept();
  await turn();
  held[1]?.(new Error('away'));
  await turn();
  held[2]?.();
  await turn();
  expect(written).toEqual([[1], [1], [1], [2]]);
  expect(sleeps).toEqual([500, 1_000]);
  expect(warnings).toHaveLength(1);
  held[3]?.();
  await turn();
  await notes.kept();
});

it('lets nobody wait for long while the store does not answer', async () => {
  const timers = new Map<() => void, number>();
  const { notes, held } = world({
    after: (ms: number, work: () => void) => {
      timers.set(work, ms);
      return () => timers.delete(work);
    },
  });
  notes.note(note(1));
  const waiting = notes.kept();
  await turn();
  const [[work, ms] = []] = [...timers];
  expect(ms).toBe(5_000);
  work?.();
  await waiting;
  timers.clear();
  // What is kept in time leaves no timer.
  const again = notes.kept();
  held[0]?.();
  await again;
  expect(timers.size).toBe(0);
});

it('gives up what cannot be written, and keeps no more than it may', async () => {
  const { notes, written, held } = world({ mostWaiting: 3, atOnce: 2 });
  notes.note(note(1));
  await turn();
  notes.note(note(2), note(3), note(4), note(5));
  for (let attempt = 0; attempt < 4; attempt++) {
    held[attempt]?.(new Error('away'));
    await turn();
  }
  held[4]?.();
  await turn();
  held[5]?.();
  await turn();
  expect(written.slice(4)).toEqual([[3, 4], [5]]);
});

it('writes what is left when it stops, and nothing after', async () => {
  const { notes, written, held } = world();
  notes.note(note(1));
  await turn();
  notes.note(note(2));
  const stopped = notes.stop();
  notes.note(note(3));
  held[0]?.();
  await turn();
  held[1]?.();
  await stopped;
  expect(written).toEqual([[1], [2]]);
});
