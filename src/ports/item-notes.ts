import type { ItemNote } from '../domain/items/item';

/** Where pipelines say what becomes of their items (C13). Never in the way: nothing here throws, and nothing is decided by it. */
export interface ItemNotes {
  note(...notes: readonly ItemNote[]): void;
  /** Resolves when all that was noted before is kept, or could not be. For states that an item ends in. */
  kept(): Promise<void>;
}
