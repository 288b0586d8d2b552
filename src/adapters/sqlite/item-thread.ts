/** The thread of the file of items. */
import { serveStore } from './serve-store';
import { openItems, StoredItems } from './stored-items';

serveStore((file) => {
  const db = openItems(file);
  return { operations: new StoredItems(db), close: () => db.close() };
});
