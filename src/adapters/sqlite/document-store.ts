/**
 * Documents and vectors in one file on this machine, the embedded default. SQLite calls do not return before they are done, so
 * they run in two threads, one for what writes and one for what reads: the event loop stays free, and a search does not wait for
 * a large document to be written. Several processes may have the file open.
 */
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import type { DocumentStore } from '../../ports/document-store';
import type { StoreAnswer, StoreOperation, StoreOrder } from './store-protocol';

export interface SqliteStoreOptions {
  /** Path of the file; it and its folder are made at first use. On a disk of this machine: SQLite's log is no use over NFS. */
  readonly file: string;
}

export function createSqliteDocumentStore({ file }: SqliteStoreOptions): DocumentStore {
  const writer = storeThread(file);
  const reader = storeThread(file);
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

interface StoreThread {
  call<O extends StoreOperation>(operation: O, ...args: Parameters<DocumentStore[O]>): ReturnType<DocumentStore[O]>;
  close(): Promise<void>;
}

interface Pending {
  readonly resolve: (result: never) => void;
  readonly reject: (error: Error) => void;
}

/** Started with the first call. If it ends, what it had rejects, and the next call starts another. */
function storeThread(file: string): StoreThread {
  const pending = new Map<number, Pending>();
  let worker: Worker | undefined;
  let ids = 0;
  let closed = false;

  function start(): Worker {
    const started = new Worker(path.join(__dirname, 'store-thread.js'), {
      workerData: { file },
      // node:sqlite says in each thread that it may change; the version of Node is ours to choose.
      execArgv: ['--disable-warning=ExperimentalWarning'],
    });
    started.on('message', (answer: StoreAnswer) => {
      const waiting = pending.get(answer.id);
      pending.delete(answer.id);
      if (pending.size === 0) started.unref();
      if (answer.kind === 'result') waiting?.resolve(answer.result as never);
      else waiting?.reject(new Error(answer.message));
    });
    const gone = (reason: string): void => {
      if (started !== worker) return;
      worker = undefined;
      for (const { reject } of pending.values()) reject(new Error(`A thread of the vector store ended: ${reason}.`));
      pending.clear();
    };
    started.once('error', (error: Error) => gone(error.message));
    started.once('exit', (code) => gone(`exit code ${code}`));
    return started;
  }

  return {
    call: (operation, ...args) =>
      // The thread answers with what the operation of that name gives.
      new Promise((resolve, reject) => {
        if (closed) {
          reject(new Error('The vector store was closed.'));
          return;
        }
        const id = ++ids;
        pending.set(id, { resolve, reject });
        worker ??= start();
        worker.ref();
        worker.postMessage({ kind: 'call', id, operation, args } satisfies StoreOrder);
      }) as ReturnType<DocumentStore[typeof operation]>,
    async close() {
      closed = true;
      const ending = worker;
      if (!ending) return;
      ending.ref();
      const ended = new Promise<void>((resolve) => ending.once('exit', () => resolve()));
      // Calls that came before are answered first.
      ending.postMessage({ kind: 'close' } satisfies StoreOrder);
      await ended;
    },
  };
}
