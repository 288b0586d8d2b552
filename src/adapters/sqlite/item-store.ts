import type { ItemStore } from '../../ports/item-store';
import { storeThread } from './store-threads';

/** Items in a file on this machine, which several processes may have open; a thread writes, another one reads. */
export function createSqliteItemStore({ file }: { readonly file: string }): ItemStore {
  const writer = storeThread<ItemStore>('item-thread.js', file);
  const reader = storeThread<ItemStore>('item-thread.js', file);
  return {
    put: (notes) => writer.call('put', notes),
    find: (lookup, limit) => reader.call('find', lookup, limit),
    async removeBefore(beforeMs) {
      let removed = 0;
      for (;;) {
        // Some at a time, so that others write between.
        const some = await writer.call('removeBefore', beforeMs);
        removed += some.removed;
        if (some.removed === 0) return { ...some, removed };
      }
    },
    async close() {
      await Promise.all([writer.close(), reader.close()]);
    },
  };
}
