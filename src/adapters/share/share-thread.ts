/** One thread of the share's process: does its calls, however long the share lets it wait. */
import { parentPort, workerData } from 'node:worker_threads';
import { createOperations } from './operations';
import { errnoOf, messageOf, realDisk } from './share-disk';
import type { ShareAnswer, ShareCall, ShareProcessOptions } from './share-protocol';

const PROGRESS_BYTES = 16 * 1024 * 1024;
const PROGRESS_MS = 1_000;

const { roots } = workerData as ShareProcessOptions;
const operations = createOperations(realDisk, roots, () => ({ wallMs: Date.now(), monotonicMs: performance.now() }));

parentPort?.on('message', (call: ShareCall) => void serve(call));

async function serve({ id, operation, args }: ShareCall): Promise<void> {
  try {
    const run = operations[operation] as (...all: unknown[]) => unknown;
    const given = operation === 'stage' ? [args[0], progressOf(id)] : args;
    answer({ kind: 'result', id, result: await run(...given) });
  } catch (error) {
    answer({ kind: 'error', id, code: errnoOf(error), message: messageOf(error) });
  }
}

/** Tells of bytes now and then: often enough to be seen alive, seldom enough to cost nothing. */
function progressOf(id: number): (bytes: number) => void {
  let untold = 0;
  let toldAt = performance.now();
  return (bytes) => {
    untold += bytes;
    if (untold < PROGRESS_BYTES && performance.now() - toldAt < PROGRESS_MS) return;
    answer({ kind: 'progress', id, bytes: untold });
    untold = 0;
    toldAt = performance.now();
  };
}

function answer(message: ShareAnswer): void {
  parentPort?.postMessage(message);
}
