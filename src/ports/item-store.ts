import type { ItemNote, ItemRecord } from '../domain/items/item';

/** Notes on items, kept so that an item can be found by what users know of it (C13). */
export interface ItemStore {
  /** Adds the notes to their items. To write again, late or out of order does no harm. */
  put(notes: readonly ItemNote[]): Promise<void>;
  /** Items that can be found so (see `lookupsOf`), the one that was noted last first; at most `limit`, of very many some. */
  find(lookup: string, limit: number): Promise<readonly ItemRecord[]>;
  /** Removes what nobody noted anything of since then, in milliseconds since the epoch. */
  removeBefore(beforeMs: number): Promise<{ readonly removed: number; readonly kept?: number }>;
  close(): Promise<void>;
}
