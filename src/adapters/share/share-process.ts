/**
 * The process that alone touches the share. A hung call holds one of its threads; its main thread only passes messages on and
 * so always answers. Ends with the app's process, whatever its threads are waiting for.
 */
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import type { ShareAnswer, ShareCall, ShareProcessOptions } from './share-protocol';

const options = JSON.parse(process.argv[2] ?? '') as ShareProcessOptions;

/** Calls that belong to one thread, since it remembers what the last sweep saw. */
const sweeping = new Set<string>(['sweep', 'claim']);

interface Thread {
  readonly worker: Worker;
  readonly underWay: Set<number>;
}

let sweeper: Thread | undefined;
const others: Thread[] = [];

process.on('message', (call: ShareCall) => {
  const thread = sweeping.has(call.operation) ? (sweeper ??= startThread()) : freeThread();
  thread.underWay.add(call.id);
  thread.worker.postMessage(call);
});

process.send?.({ kind: 'ready' } satisfies ShareAnswer);

process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));

function freeThread(): Thread {
  const idle = others.find((thread) => thread.underWay.size === 0);
  if (idle) return idle;
  if (others.length < options.threads) {
    const started = startThread();
    others.push(started);
    return started;
  }
  return others.reduce((least, thread) => (thread.underWay.size < least.underWay.size ? thread : least));
}

function startThread(): Thread {
  const worker = new Worker(path.join(__dirname, 'share-thread.js'), { workerData: options });
  const underWay = new Set<number>();
  worker.on('message', (answer: ShareAnswer) => {
    if (answer.kind !== 'progress' && answer.kind !== 'ready') underWay.delete(answer.id);
    process.send?.(answer);
  });
  // A thread never ends by itself; if one does, the app starts this process anew.
  worker.on('error', (error) => {
    console.error(error);
    process.exit(70);
  });
  return { worker, underWay };
}
