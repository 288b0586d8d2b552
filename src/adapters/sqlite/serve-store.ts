import { parentPort, workerData } from 'node:worker_threads';
import type { StoreAnswer, StoreOrder } from './store-protocol';

interface OpenStore {
  /** Synchronous. */
  readonly operations: object;
  readonly close: () => void;
}

/** In a thread: opens the file that the thread was started for with the first call, and answers one call after the other. */
export function serveStore(openFile: (file: string) => OpenStore): void {
  const { file } = workerData as { file: string };
  let open: OpenStore | undefined;
  const answer = (message: StoreAnswer): void => parentPort?.postMessage(message);

  parentPort?.on('message', (order: StoreOrder) => {
    if (order.kind === 'close') {
      open?.close();
      parentPort?.close();
      return;
    }
    const { id, operation, args } = order;
    try {
      // A file that cannot be opened is tried again with the next call.
      open ??= openFile(file);
      const calls = open.operations as Record<string, (...given: readonly unknown[]) => unknown>;
      answer({ kind: 'result', id, result: calls[operation]?.(...args) });
    } catch (error) {
      answer({ kind: 'error', id, message: error instanceof Error ? error.message : String(error) });
    }
  });
}
