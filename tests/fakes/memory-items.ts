import { itemOf, withNote, type Item, type ItemNote, type ItemRecord } from '../../src/domain/items/item';
import type { ItemNotes } from '../../src/ports/item-notes';

/** Notes on items, to look at. */
export function memoryItems(): ItemNotes & {
  readonly notes: readonly ItemNote[];
  /** As they would be shown, in the order in which they were first noted. */
  items(): readonly Item[];
} {
  const notes: ItemNote[] = [];
  return {
    notes,
    note: (...more) => void notes.push(...more),
    kept: () => Promise.resolve(),
    items() {
      const records = new Map<string, ItemRecord>();
      for (const note of notes) {
        const key = `${note.pipeline} ${note.key}`;
        records.set(key, withNote(records.get(key), note));
      }
      return [...records.values()].map(itemOf);
    },
  };
}
