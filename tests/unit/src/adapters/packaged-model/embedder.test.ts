/** How calls share the thread of the packaged model, and what becomes of them when it ends. The model itself: integration. */
import path from 'node:path';
import { createPackagedEmbedder } from '../../../../../src/adapters/packaged-model/embedder';
import type { Embedder, EmbedResult } from '../../../../../src/ports/embedder';

const threadFile = path.resolve(__dirname, '..', '..', '..', '..', 'drivers', 'scripted-model-thread.js');
const make = (mostWaiting?: number): Embedder =>
  createPackagedEmbedder({ threadFile, ...(mostWaiting === undefined ? {} : { mostWaiting }) });
const threadOf = (result: EmbedResult): number | undefined =>
  result.kind === 'embedded' ? result.vectors[0]?.[0] : undefined;

test.each([
  ['ends', 'exit', /thread of the embedding model ended: exit code 3/],
  ['throws', 'throw', /ended: thrown in the thread/],
])('a thread that %s fails the call that it had, and a new one goes on with the others', async (_, text, message) => {
  const embedder = make();
  const before = threadOf(await embedder.embed(['a']));
  const crashed = embedder.embed([text]);
  const others = [embedder.embed(['b']), embedder.embed(['c'])];
  await expect(crashed).rejects.toThrow(message);
  const after = (await Promise.all(others)).map(threadOf);
  expect(after[0]).not.toBe(before);
  expect(after[1]).toBe(after[0]);
  await embedder.close();
});

test('a failure of the model fails its call alone, in the same thread', async () => {
  const embedder = make();
  const before = threadOf(await embedder.embed(['a']));
  const [failed, other] = [embedder.embed(['fail']), embedder.embed(['b'])];
  await expect(failed).rejects.toThrow(/failed: no tensor/);
  expect(threadOf(await other)).toBe(before);
  await embedder.close();
});

test('a model that cannot be loaded fails all that wait, and is tried again with the next call', async () => {
  const embedder = make();
  const calls = [embedder.embed(['unloadable']), embedder.embed(['b'])];
  for (const call of calls) await expect(call).rejects.toThrow('not installed');
  expect(await embedder.embed(['c'])).toMatchObject({ kind: 'embedded', tokens: 1 });
  await embedder.close();
});

test('calls take turns, a few texts at once', async () => {
  const embedder = make();
  const order: string[] = [];
  const noted = async (name: string, texts: readonly string[]): Promise<EmbedResult> => {
    const result = await embedder.embed(texts);
    order.push(name);
    return result;
  };
  const many = Array.from({ length: 28 }, (_, i) => `${i}`);
  const [large] = await Promise.all([
    noted('large', many),
    noted('search', ['q']),
    noted('long', ['x'.repeat(5000), 'y']),
  ]);
  expect(order).toEqual(['search', 'long', 'large']);
  const sizes = large.kind === 'embedded' ? large.vectors.map((vector) => vector[1]) : [];
  expect([sizes[0], sizes.at(-1)]).toEqual([8, 4]);
  await embedder.close();
});

test('a short call overtakes any number of long ones, and no long one waits for ever', async () => {
  const embedder = make();
  const order: string[] = [];
  const noted = (name: string, texts: readonly string[]): Promise<unknown> =>
    embedder.embed(texts).then(() => order.push(name));
  const many = Array.from({ length: 24 }, (_, i) => `${i}`);
  const all = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((name) => noted(name, many));
  const shorts = (async () => {
    // One after the other, so that there is always a shorter call than the long ones.
    for (let i = 0; i < 40; i++) await noted('short', ['q']);
  })();
  await Promise.all([...all, shorts]);
  // Two turns of the long ones before any of them ends.
  expect(order.findIndex((name) => name !== 'short')).toBeGreaterThan(12);
  // Eight calls of three slices: each slice of theirs goes beside at most one short call.
  expect(order.slice(0, 34).filter((name) => name !== 'short')).toHaveLength(8);
  await embedder.close();
});

test('what is beyond the queue is told when to come again, and nothing of it is kept', async () => {
  const embedder = make(10);
  const first = embedder.embed(Array.from({ length: 20 }, () => 'a'));
  const second = await embedder.embed(['b']);
  expect(second).toEqual({ kind: 'busy', retryAfterMs: expect.any(Number) });
  expect(second.kind === 'busy' && second.retryAfterMs).toBeGreaterThanOrEqual(250);
  expect(await first).toMatchObject({ kind: 'embedded', tokens: 20 });
  expect(await embedder.embed(['b'])).toMatchObject({ kind: 'embedded' });
  await embedder.close();
});

test('a caller that gives up leaves its place to the others', async () => {
  const embedder = make(30);
  const stop = new AbortController();
  const given = embedder.embed(
    Array.from({ length: 30 }, () => 'a'),
    stop.signal,
  );
  stop.abort(new Error('enough'));
  await expect(given).rejects.toThrow('enough');
  expect(await embedder.embed(['b'])).toMatchObject({ kind: 'embedded' });
  await embedder.close();
});

test('closing fails what waits', async () => {
  const embedder = make();
  const call = embedder.embed(['a']);
  const closed = expect(call).rejects.toThrow('closed');
  await embedder.close();
  await closed;
});
