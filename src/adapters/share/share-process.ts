/**
 * The process that alone touches the share. A hung call holds one of its threads; its main thread only passes messages on and
 * so always answers. Ends with the app's process, whatever its threads are waiting for.
 */
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import type { ShareFiles } from '../../ports/share-files';
import { LANES } from './md5-lanes';
import type { ShareAnswer, ShareCall, ShareProcessOptions } from './share-protocol';

const options = JSON.parse(process.argv[2] ?? '') as ShareProcessOptions;

/** Calls that belong to one thread, since it remembers what the last sweep saw. */
const sweeping = new Set<string>(['sweep', 'claim']);

/** Threads for what is neither swept nor staged: deletions, moves, and files that failed before. */
const MOST_OTHERS = 3;

interface Thread {
  readonly worker: Worker;
  readonly underWay: Set<number>;
}

let sweeper: Thread | undefined;
const stagers: Thread[] = [];
const others: Thread[] = [];

process.on('message', (call: ShareCall) => {
  const thread = sweeping.has(call.operation)
    ? (sweeper ??= startThread())
    : sharesItsThread(call)
      ? stagingThread()
      : freeThread();
  thread.underWay.add(call.id);
  thread.worker.postMessage(call);
});

process.send?.({ kind: 'ready' } satisfies ShareAnswer);

process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));

/** Files are copied side by side by one thread (stage.ts), unless one has failed before. */
function sharesItsThread({ operation, args }: ShareCall): boolean {
  return operation === 'stage' && (args[0] as Parameters<ShareFiles['stage']>[0]).every(({ apart }) => !apart);
}

function stagingThread(): Thread {
  const open = stagers.find((thread) => thread.underWay.size < LANES);
  if (open) return open;
  if (stagers.length * LANES >= options.threads) return leastBusy(stagers) ?? freeThread();
  const started = startThread();
  stagers.push(started);
  return started;
}

function leastBusy(threads: readonly Thread[]): Thread | undefined {
  return threads.reduce<Thread | undefined>(
    (least, thread) => (least && least.underWay.size <= thread.underWay.size ? least : thread),
    undefined,
  );
}

function freeThread(): Thread {
  const idle = others.find((thread) => thread.underWay.size === 0);
  if (idle) return idle;
  if (others.length < Math.min(options.threads, MOST_OTHERS)) {
    const started = startThread();
    others.push(started);
    return started;
  }
  return leastBusy(others) ?? startThread();
}

function startThread(): Thread {
  const worker = new Worker(path.join(__dirname, 'share-thread.js'), {
    workerData: options,
    // Little lives long here, and each thread has its own.
    resourceLimits: { maxYoungGenerationSizeMb: 8 },
  });
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
