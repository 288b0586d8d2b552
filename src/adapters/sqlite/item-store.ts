import type { ItemStore } from '../../ports/item-store';
import { storeThread } from './store-threads';

/** Items in a file on this machine, which several processes may have open. One thread: what it does takes a millisecond or so. */
export function createSqliteItemStore({ file }: { readonly file: string }): ItemStore {
  const thread = storeThread<ItemStore>('item-thread.js', file);
  return {
    put: (notes) => thread.call('put', notes),
    find: (lookup, limit) => thread.call('find', lookup, limit),
    async removeBefore(beforeMs) {
      let removed = 0;
      for (;;) {
        // Some at a time, so that others write between.
        const some = await thread.call('removeBefore', beforeMs);
        removed += some.removed;
        if (some.removed === 0) return { ...some, removed };
      }
    },
    close: () => thread.close(),
  };
}
