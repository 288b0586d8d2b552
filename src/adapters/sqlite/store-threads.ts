/** Threads that have a SQLite file open each: SQLite's calls do not return before they are done. */
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import type { StoreAnswer, StoreOrder } from './store-protocol';

/** `S`: what is called there; all that it does is asynchronous. */
export interface StoreThread<S> {
  call<O extends OperationOf<S>>(operation: O, ...args: ArgumentsOf<S[O]>): ResultOf<S[O]>;
  close(): Promise<void>;
}

type OperationOf<S> = Exclude<keyof S, 'close'> & string;
type ArgumentsOf<F> = F extends (...args: infer A) => unknown ? A : never;
type ResultOf<F> = F extends (...args: never) => infer R ? R : never;

interface Pending {
  readonly resolve: (result: never) => void;
  readonly reject: (error: Error) => void;
}

/** `threadFile`: beside this one. Started with the first call. If it ends, what it had rejects, and the next call starts another. */
export function storeThread<S>(threadFile: string, file: string): StoreThread<S> {
  const pending = new Map<number, Pending>();
  let worker: Worker | undefined;
  let ids = 0;
  let closed = false;

  function start(): Worker {
    const started = new Worker(path.join(__dirname, threadFile), {
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
      for (const { reject } of pending.values())
        reject(new Error(`The thread of ${path.basename(file)} ended: ${reason}.`));
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
          reject(new Error(`The store ${path.basename(file)} was closed.`));
          return;
        }
        const id = ++ids;
        pending.set(id, { resolve, reject });
        worker ??= start();
        worker.ref();
        worker.postMessage({ kind: 'call', id, operation, args } satisfies StoreOrder);
      }) as ResultOf<S[typeof operation]>,
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
