/** Stands in for the thread of the packaged model: does what the texts say, and otherwise answers with unit vectors. */
import { parentPort, threadId } from 'node:worker_threads';
import { PACKAGED_MODEL, type ModelAnswer, type ModelOrder } from '../../src/adapters/packaged-model/model-protocol';

const { dimensions } = PACKAGED_MODEL;
const answer = (message: ModelAnswer): void => parentPort?.postMessage(message);

parentPort?.on('message', ({ id, texts }: ModelOrder) => {
  const [first] = texts;
  if (first === 'exit') process.exit(3);
  if (first === 'throw') throw new Error('thrown in the thread');
  if (first === 'fail') {
    answer({ kind: 'failed', id, reason: 'no tensor' });
    return;
  }
  if (first === 'unloadable') {
    answer({ kind: 'unloadable', reason: 'not installed' });
    parentPort?.close();
    return;
  }
  const vectors = new Float32Array(texts.length * dimensions);
  // Which thread it was, and how many texts came at once, so that a test can see them.
  for (let i = 0; i < texts.length; i++) vectors.set([threadId, texts.length], i * dimensions);
  answer({ kind: 'embedded', id, vectors, tokens: texts.length });
});
