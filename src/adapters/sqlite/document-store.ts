/**
 * Documents and vectors in one file on this machine, the embedded default. SQLite calls do not return before they are done, so
 * they run in two threads, one for what writes and one for what reads: the event loop stays free, and a search does not wait for
 * a large document to be written. Several processes may have the file open.
 */
import type { DocumentStore } from '../../ports/document-store';
import { storeThread } from './store-threads';

export interface SqliteStoreOptions {
  /** Path of the file; it and its folder are made at first use. On a disk of this machine: SQLite's log is no use over NFS. */
  readonly file: string;
}

export function createSqliteDocumentStore({ file }: SqliteStoreOptions): DocumentStore {
  const writer = storeThread<DocumentStore>('store-thread.js', file);
  const reader = storeThread<DocumentStore>('store-thread.js', file);
  let ready: string | undefined;
  return {
    async prepare(model) {
      const asked = JSON.stringify([model.name, model.dimensions]);
      if (ready === asked) return { kind: 'ready' };
      const prepared = await writer.call('prepare', model);
      if (prepared.kind === 'ready') ready = asked;
      return prepared;
    },
    find: (key) => reader.call('find', key),
    list: (projectId, limit, after) => reader.call('list', projectId, limit, after),
    putChunks: (key, version, chunks) =>
      writer.call(
        'putChunks',
        key,
        version,
        chunks.map((chunk) => ({ ...chunk, vector: onItsOwn(chunk.vector) })),
      ),
    replace: (record, expected) => writer.call('replace', record, expected),
    remove: (key, expected) => writer.call('remove', key, expected),
    removeChunks: (key, version) => writer.call('removeChunks', key, version),
    search: (query) => reader.call('search', { ...query, vector: onItsOwn(query.vector) }),
    count: () => reader.call('count'),
    async close() {
      await Promise.all([writer.close(), reader.close()]);
    },
  };
}

/** What goes to a thread takes the whole memory along that it is a part of. */
function onItsOwn(vector: Float32Array): Float32Array {
  return vector.byteLength === vector.buffer.byteLength ? vector : vector.slice();
}
