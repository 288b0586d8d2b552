/** The packaged embedding model itself, in its thread. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createPackagedEmbedder } from '../../../../src/adapters/packaged-model/embedder';
import { embedderContract } from '../../../contracts/embedder';

// One for all but one: the model takes a second to load.
const embedder = createPackagedEmbedder();
afterAll(() => embedder.close());

embedderContract('The packaged model', async (own) => ({
  embedder: own ? createPackagedEmbedder() : embedder,
  tolerance: 1e-5,
}));

const vectorsOf = async (texts: readonly string[]): Promise<readonly Float32Array[]> => {
  const result = await embedder.embed(texts);
  if (result.kind !== 'embedded') throw new Error(JSON.stringify(result));
  return result.vectors;
};
const dot = (a: Float32Array, b: Float32Array): number => a.reduce((sum, value, i) => sum + value * b[i]!, 0);

test('what stands at the end of a long text counts, and so do line feeds and empty texts', async () => {
  const filler = 'The queue server stores each request under its token. '.repeat(40);
  const [asked, without, at, lines, spaces, empty] = await vectorsOf([
    'How do elephants eat bananas?',
    filler,
    `${filler}Elephants eat bananas in the jungle. `.repeat(2),
    'Elephants\neat\n\tbananas',
    'Elephants eat bananas',
    '',
  ]);
  expect(dot(asked!, at!)).toBeGreaterThan(dot(asked!, without!) + 0.02);
  expect(dot(lines!, spaces!)).toBeCloseTo(1, 5);
  expect(Math.hypot(...empty!)).toBeCloseTo(1, 5);
});

test('HTTP is answered meanwhile', async () => {
  const server = createServer((_, response) => response.end('here'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await vectorsOf(['warm']);
  let done = false;
  const texts = Array.from({ length: 5 }, (_, i) => `${i} ${'some words of a paragraph that is embedded '.repeat(12)}`);
  const began = performance.now();
  const work = vectorsOf(texts).finally(() => (done = true));
  const times: number[] = [];
  while (!done) {
    const asked = performance.now();
    await (await fetch(url)).text();
    times.push(performance.now() - asked);
  }
  const took = performance.now() - began;
  expect(await work).toHaveLength(5);
  times.sort((a, b) => a - b);
  const median = times[times.length >> 1]!;
  console.info(`5 paragraphs took ${took.toFixed(0)} ms; ${times.length} answers, median ${median.toFixed(1)} ms`);
  expect(median).toBeLessThan(50);
  expect(times.length).toBeGreaterThan(took / 50);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});
