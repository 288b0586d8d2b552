/** A thread that has the file open and answers one call after the other. */
import { parentPort, workerData } from 'node:worker_threads';
import { openStore } from './schema';
import type { StoreAnswer, StoreOperation, StoreOrder } from './store-protocol';
import { StoredDocuments } from './stored-documents';

const { file } = workerData as { file: string };
let open: { readonly documents: StoredDocuments; readonly close: () => void } | undefined;

parentPort?.on('message', (order: StoreOrder) => {
  if (order.kind === 'close') {
    open?.close();
    parentPort?.close();
    return;
  }
  const { id, operation, args } = order;
  try {
    // A file that cannot be opened is tried again with the next call.
    const { documents } = (open ??= opened());
    const calls = documents as unknown as Record<StoreOperation, (...given: readonly unknown[]) => unknown>;
    answer({ kind: 'result', id, result: calls[operation](...args) });
  } catch (error) {
    answer({ kind: 'error', id, message: error instanceof Error ? error.message : String(error) });
  }
});

function opened(): NonNullable<typeof open> {
  const db = openStore(file);
  return { documents: new StoredDocuments(db), close: () => db.close() };
}

function answer(message: StoreAnswer): void {
  parentPort?.postMessage(message);
}
