/** The thread of the file of documents. */
import { openStore } from './schema';
import { serveStore } from './serve-store';
import { StoredDocuments } from './stored-documents';

serveStore((file) => {
  const db = openStore(file);
  return { operations: new StoredDocuments(db), close: () => db.close() };
});
