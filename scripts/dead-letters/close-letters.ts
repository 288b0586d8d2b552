/** Replays or discards letters one by one, at a bounded rate: by their ids, or as the pages of a listing name them. */
import type { ErrorCode } from '../../src/domain/error-codes';
import type { Filter } from './dead-letter-options';

const PAGE = 100;
const AT_ONCE = 8;

export interface Closing {
  readonly done: number;
  readonly failed: number;
}

export interface ListedLetter {
  readonly id: string;
  readonly code: ErrorCode;
}

export interface LetterApp {
  list(query: string): Promise<{ readonly items: readonly ListedLetter[]; readonly continuation?: string }>;
  /** Rejects when it could not be done. */
  close(id: string): Promise<void>;
}

/**
 * Ids of letters, newest first; of a listing without those that `leave` says are to be let alone. What comes while it goes on is newer than
 * all that is left, and is not named.
 */
export async function* idsOf(
  app: LetterApp,
  letters: { readonly ids: readonly string[] } | { readonly filter: Filter; readonly limit: number },
  leave: (letter: ListedLetter) => boolean = () => false,
): AsyncGenerator<string> {
  if ('ids' in letters) {
    yield* new Set(letters.ids);
    return;
  }
  let left = letters.limit;
  for (let continuation: string | undefined; left > 0;) {
    const query = new URLSearchParams({ ...letters.filter, limit: String(Math.min(left, PAGE)) });
    if (continuation !== undefined) query.set('continuation', continuation);
    const page = await app.list(query.toString());
    yield* page.items.filter((letter) => !leave(letter)).map(({ id }) => id);
    left -= page.items.length;
    continuation = page.continuation;
    if (continuation === undefined) return;
  }
}

/** Ends when all were tried, or what is under way when `signal` aborts. One that fails holds up no other. */
export async function closeLetters(
  app: LetterApp,
  ids: AsyncIterable<string>,
  {
    rate,
    signal,
    now,
    sleep,
    failed,
    progress,
  }: {
    /** A second, at most. */
    readonly rate: number;
    readonly signal: AbortSignal;
    /** Monotonic, in ms. */
    readonly now: () => number;
    readonly sleep: (ms: number) => Promise<unknown>;
    readonly failed: (id: string, error: unknown) => void;
    readonly progress: (closing: Closing) => void;
  },
): Promise<Closing> {
  const underWay = new Set<Promise<void>>();
  const closing = { done: 0, failed: 0 };
  const began = now();
  let begun = 0;
  const close = async (id: string): Promise<void> => {
    try {
      await app.close(id);
      closing.done += 1;
    } catch (error) {
      closing.failed += 1;
      failed(id, error);
    }
    progress({ ...closing });
  };
  for await (const id of ids) {
    const early = began + (begun / rate) * 1000 - now();
    if (early > 0) await sleep(early);
    if (signal.aborted) break;
    begun += 1;
    const one = close(id).finally(() => underWay.delete(one));
    underWay.add(one);
    if (underWay.size >= AT_ONCE) await Promise.race(underWay);
  }
  await Promise.all(underWay);
  return closing;
}
