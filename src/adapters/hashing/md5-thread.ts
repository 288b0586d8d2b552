/** The thread's side of md5.ts: reads blocks out of shared memory, in the order they are posted, and answers each. */
import { createHash, type Hash } from 'node:crypto';
import { parentPort } from 'node:worker_threads';

export type Md5Order =
  | {
      readonly kind: 'update';
      readonly id: number;
      readonly memory: SharedArrayBuffer;
      readonly offset: number;
      readonly length: number;
    }
  | { readonly kind: 'digest' | 'abandon'; readonly id: number };

export type Md5Answer =
  | { readonly kind: 'done'; readonly id: number; readonly digest?: Uint8Array }
  | { readonly kind: 'failed'; readonly id: number; readonly reason: string };

const hashes = new Map<number, Hash>();

parentPort?.on('message', (order: Md5Order) => {
  const { id } = order;
  if (order.kind === 'abandon') {
    hashes.delete(id);
    return;
  }
  const hash = hashes.get(id) ?? createHash('md5');
  hashes.set(id, hash);
  if (order.kind === 'update') {
    hash.update(new Uint8Array(order.memory, order.offset, order.length));
    answer({ kind: 'done', id });
  } else {
    hashes.delete(id);
    answer({ kind: 'done', id, digest: new Uint8Array(hash.digest()) });
  }
});

function answer(message: Md5Answer): void {
  parentPort?.postMessage(message);
}
