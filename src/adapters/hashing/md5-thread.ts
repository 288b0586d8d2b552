/** The thread's side of md5.ts: reads blocks out of shared memory, in the order they are posted, and answers each. */
import { createHash, type Hash } from 'node:crypto';
import { parentPort } from 'node:worker_threads';

export type Md5Order =
  | {
      readonly kind: 'update';
      readonly id: number;
      /** Number of the memory within this hash; `shared` holds it the first time. */
      readonly memory: number;
      readonly shared?: SharedArrayBuffer;
      readonly offset: number;
      readonly length: number;
    }
  | { readonly kind: 'digest'; readonly id: number }
  | { readonly kind: 'abandon'; readonly id: number };

export type Md5Answer =
  | { readonly kind: 'done'; readonly id: number; readonly digest?: Uint8Array }
  | { readonly kind: 'failed'; readonly id: number; readonly reason: string };

interface Running {
  readonly hash: Hash;
  readonly memories: Map<number, SharedArrayBuffer>;
}

const running = new Map<number, Running>();

parentPort?.on('message', (order: Md5Order) => {
  const { id } = order;
  if (order.kind === 'abandon') {
    running.delete(id);
    return;
  }
  const { hash, memories } = running.get(id) ?? {
    hash: createHash('md5'),
    memories: new Map<number, SharedArrayBuffer>(),
  };
  running.set(id, { hash, memories });
  if (order.kind === 'digest') {
    running.delete(id);
    answer({ kind: 'done', id, digest: new Uint8Array(hash.digest()) });
    return;
  }
  if (order.shared) memories.set(order.memory, order.shared);
  const memory = memories.get(order.memory);
  if (memory) hash.update(new Uint8Array(memory, order.offset, order.length));
  answer({ kind: 'done', id });
});

function answer(message: Md5Answer): void {
  parentPort?.postMessage(message);
}
