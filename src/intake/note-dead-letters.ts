/** A store of dead letters that notes what its letters stand for: each pipeline's items that were given up, and what became of them. */

import { itemOfLetter } from '../domain/items/item-of-letter';
import type { Clock } from '../ports/clock';
import type { DeadLetterStore } from '../ports/dead-letter-store';
import type { ItemNotes } from '../ports/item-notes';

export function noteDeadLetters(store: DeadLetterStore, items: ItemNotes, clock: Clock): DeadLetterStore {
  return {
    ...store,
    async add(letter) {
      await store.add(letter);
      const { id: deadLetterId, code, error, attempts, traceId, keys } = letter;
      const instanceId = keys['instanceId'];
      items.note({
        ...{
          ...itemOfLetter(letter),
          state: 'failed',
          atMs: clock.now(),
          detail: `${code}: ${error}`,
          attempts,
          deadLetterId,
        },
        ...(traceId === undefined ? {} : { traceId }),
        ...(instanceId === undefined ? {} : { instanceId }),
      });
      await items.kept();
    },
    async close(id, state, atIso) {
      const closed = await store.close(id, state, atIso);
      if (closed) {
        const letter = await store.get(id);
        if (letter) items.note({ ...itemOfLetter(letter), state, atMs: Date.parse(atIso) });
      }
      return closed;
    },
  } satisfies { [K in keyof DeadLetterStore]: DeadLetterStore[K] };
}
