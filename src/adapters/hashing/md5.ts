/**
 * MD5 beside the event loop: it reads some 500 MiB a second, as much as everything else that an upload costs, so large files
 * are hashed by threads, from shared memory. Threads are started with the first large file and do not keep the process alive.
 */
import { createHash } from 'node:crypto';
import os from 'node:os';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import type { BeginHash, ContentHash } from '../../ports/content-hash';
import type { Md5Answer, Md5Order } from './md5-thread';

interface Thread {
  post(order: Md5Order): void;
  /** What the thread answers to the hash of this id. */
  readonly answers: Map<number, (answer: Md5Answer) => void>;
}

const MOST_THREADS = 4;

export function createMd5(): BeginHash {
  const threads = new Map<number, Thread>();
  let count = 0;
  const size = Math.max(1, Math.min(MOST_THREADS, os.availableParallelism() - 1));
  return (large) => {
    if (!large) return inline();
    const id = ++count;
    const at = id % size;
    const thread = threads.get(at) ?? startThread(() => threads.delete(at));
    threads.set(at, thread);
    return threaded(thread, id);
  };
}

function inline(): ContentHash {
  const hash = createHash('md5');
  return {
    async update(bytes) {
      hash.update(bytes);
    },
    digest: async () => hash.digest(),
    abandon: () => undefined,
  };
}

function threaded(thread: Thread, id: number): ContentHash {
  const memories = new Map<SharedArrayBuffer, number>();
  let ended: string | undefined;
  const waiting: { resolve: (digest: Uint8Array) => void; reject: (error: Error) => void }[] = [];
  thread.answers.set(id, (answer) => {
    if (answer.kind === 'failed') {
      for (const { reject } of waiting.splice(0)) reject(new Error(`The hashing thread ended: ${answer.reason}`));
      thread.answers.delete(id);
      ended = answer.reason;
      return;
    }
    waiting.shift()?.resolve(answer.digest ?? new Uint8Array());
  });
  const ask = (order: Md5Order): Promise<Uint8Array> =>
    new Promise((resolve, reject) => {
      if (ended !== undefined) {
        reject(new Error(`The hashing thread ended: ${ended}`));
        return;
      }
      waiting.push({ resolve, reject });
      thread.post(order);
    });
  return {
    async update(bytes) {
      const buffer = bytes.buffer as SharedArrayBuffer;
      const known = memories.get(buffer);
      const memory = known ?? memories.size;
      memories.set(buffer, memory);
      // Sharing memory costs more than a message: the blocks come round again, and each is shared once.
      const shared = known === undefined ? { shared: buffer } : {};
      await ask({ kind: 'update', id, memory, ...shared, offset: bytes.byteOffset, length: bytes.byteLength });
    },
    async digest() {
      const digest = await ask({ kind: 'digest', id });
      thread.answers.delete(id);
      return digest;
    },
    abandon() {
      if (!thread.answers.delete(id)) return;
      thread.post({ kind: 'abandon', id });
    },
  };
}

function startThread(onEnd: () => void): Thread {
  const worker = new Worker(path.join(__dirname, 'md5-thread.js'));
  const answers = new Map<number, (answer: Md5Answer) => void>();
  const fail = (reason: string): void => {
    onEnd();
    for (const answer of [...answers.values()]) answer({ kind: 'failed', id: 0, reason });
  };
  worker.on('message', (answer: Md5Answer) => answers.get(answer.id)?.(answer));
  worker.once('error', (error: Error) => fail(error.message));
  worker.once('exit', (code) => fail(`exit code ${code}`));
  // Last: listening for messages would keep the process alive again.
  worker.unref();
  return { post: (order) => worker.postMessage(order), answers };
}
