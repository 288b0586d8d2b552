import { shareEmbedding, type SharedEmbeddingOptions } from '../../../../../src/intake/ingestion/shared-embedding';
import type { Embedder, EmbedResult } from '../../../../../src/ports/embedder';
import { embedderContract } from '../../../../contracts/embedder';
import { fuzzSeed } from '../../../../drivers/seeded-random';
import { memoryEmbedder, wordVector, type MemoryEmbedderOptions } from '../../../../fakes/memory-embedder';

const countTokens = (text: string): number => text.length;

embedderContract('A shared embedder', async () => ({ embedder: shareEmbedding(memoryEmbedder(), { countTokens }) }));

/** Time passes when it is told to, and calls are answered when they are let go. */
function shared(inner: MemoryEmbedderOptions = {}, options: Partial<SharedEmbeddingOptions> = {}) {
  const embedder = memoryEmbedder(inner);
  const timers: (() => void)[] = [];
  const share = shareEmbedding(embedder, { countTokens, after: (_, work) => timers.push(work), ...options });
  return {
    share,
    calls: embedder.calls,
    pass: () => {
      for (const work of timers.splice(0)) work();
    },
  };
}

/** Gates that hold calls until they are opened. */
function gates() {
  const held: ((given?: EmbedResult) => void)[] = [];
  const before = (): Promise<EmbedResult | undefined> => new Promise((resolve) => held.push(resolve));
  return { held, before };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('texts that come within the wait share a call, and each caller gets its own vectors', async () => {
  const { share, calls, pass } = shared();
  const texts = [['a b', 'c'], ['d'], ['e e f', 'g', 'h']];
  const answers = texts.map((own) => share.embed(own));
  expect(calls).toEqual([]);
  pass();
  for (const [i, answer] of (await Promise.all(answers)).entries())
    expect(answer).toMatchObject({ kind: 'embedded', vectors: texts[i]!.map((text) => wordVector(text, 64)) });
  expect(calls).toEqual([texts.flat()]);
  await share.close();
});

test('what fills a call goes at once', async () => {
  const { share, calls, pass } = shared({ limits: { texts: 2, tokens: 100 } });
  const answers = ['a', 'b', 'c'].map((text) => share.embed([text]));
  expect(calls).toEqual([['a', 'b']]);
  pass();
  await Promise.all(answers);
  expect(calls).toEqual([['a', 'b'], ['c']]);
  await share.close();
});

test('a call keeps to the tokens it may have, and what fits behind is taken along', async () => {
  const { share, calls } = shared({ limits: { texts: 10, tokens: 10 } });
  const answers = [share.embed(['x'.repeat(6)]), share.embed(['y'.repeat(6)])];
  expect(calls).toEqual([['x'.repeat(6)]]);
  const { pass, ...rest } = shared({ limits: { texts: 10, tokens: 10 } }, { callsAtOnce: 1 });
  const more = ['x'.repeat(6), 'y'.repeat(6), 'zzz'].map((text) => rest.share.embed([text]));
  await more[0];
  pass();
  await Promise.all(more);
  expect(rest.calls).toEqual([['x'.repeat(6)], ['y'.repeat(6), 'zzz']]);
  await share.close();
  await expect(answers[1]).rejects.toThrow('closed');
});

test('a caller with more than one call takes is cut, and its answer is whole', async () => {
  const { share, calls, pass } = shared({ limits: { texts: 3, tokens: 1000 } });
  const texts = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
  const answer = share.embed(texts);
  pass();
  expect(await answer).toMatchObject({
    kind: 'embedded',
    vectors: texts.map((text) => wordVector(text, 64)),
    tokens: 7,
  });
  expect(calls.map((call) => call.length).sort()).toEqual([1, 3, 3]);
  await share.close();
});

test('no more calls are under way than allowed, and those that wait share the next', async () => {
  const { held, before } = gates();
  const { share, calls, pass } = shared({ before }, { callsAtOnce: 2 });
  const answers = [share.embed(['a'])];
  pass();
  answers.push(share.embed(['b']));
  pass();
  for (const text of ['c', 'd', 'e']) {
    answers.push(share.embed([text]));
    pass();
  }
  await turn();
  expect(calls).toEqual([['a'], ['b']]);
  held[1]?.();
  await answers[1];
  await turn();
  expect(calls).toEqual([['a'], ['b'], ['c', 'd', 'e']]);
  held[0]?.();
  held[2]?.();
  await Promise.all(answers);
  await share.close();
});

test('callers with many texts leave a call to those with few, and have the rest', async () => {
  const { held, before } = gates();
  const { share, calls, pass } = shared({ before, limits: { texts: 4, tokens: 1000 } }, { callsAtOnce: 3 });
  const many = share.embed(Array.from({ length: 16 }, (_, i) => `${i}`));
  pass();
  await turn();
  expect(calls.map((call) => call.length)).toEqual([4, 4]);
  const few = share.embed(['few']);
  pass();
  await turn();
  expect(calls[2]).toEqual(['few']);
  held[2]?.();
  expect(await few).toMatchObject({ kind: 'embedded' });
  for (let call = 0; call < 5; call++) {
    held[call]?.();
    await turn();
  }
  expect(await many).toMatchObject({ kind: 'embedded', tokens: 16 });
  expect(calls.map((call) => call.length)).toEqual([4, 4, 1, 4, 4]);
  await share.close();
});

test('callers with few texts do not keep one with many from its turn', async () => {
  const { held, before } = gates();
  const { share, calls, pass } = shared({ before, limits: { texts: 4, tokens: 1000 } }, { callsAtOnce: 2 });
  const answers = [['a'], ['b'], ['1', '2', '3', '4'], ['c']].map((texts) => {
    const answer = share.embed(texts);
    pass();
    return answer;
  });
  await turn();
  held[0]?.();
  await turn();
  expect(calls.slice(2)).toEqual([['1', '2', '3', '4']]);
  held[1]?.();
  await turn();
  expect(calls.slice(3)).toEqual([['c']]);
  for (const open of held) open();
  for (const answer of await Promise.all(answers)) expect(answer).toMatchObject({ kind: 'embedded' });
  await share.close();
});

test.each([
  ['the service names it', true],
  ['the service does not say which', false],
])('a text that is refused fails its caller alone where %s', async (_, named) => {
  const { share, calls, pass } = shared({
    before: async (texts) => {
      const index = texts.findIndex((text) => text.includes('bad'));
      return index < 0 ? undefined : { kind: 'refused', reason: 'filtered', ...(named ? { index } : {}) };
    },
  });
  const answers = [['a', 'b'], ['c', 'd', 'bad one', 'e'], ['f'], ['bad'], ['g', 'h']].map((own) => share.embed(own));
  pass();
  const [first, second, third, fourth, fifth] = await Promise.all(answers);
  expect(second).toEqual({ kind: 'refused', reason: 'filtered', index: 2 });
  expect(fourth).toEqual({ kind: 'refused', reason: 'filtered', index: 0 });
  for (const [answer, own] of [
    [first, ['a', 'b']],
    [third, ['f']],
    [fifth, ['g', 'h']],
  ] as const)
    expect(answer).toMatchObject({ kind: 'embedded', vectors: own.map((text) => wordVector(text, 64)) });
  expect(calls.length).toBeLessThan(12);
  await share.close();
});

test('callers of a call that is busy or fails hear of it, and no others', async () => {
  const { held, before } = gates();
  const { share, pass } = shared({ before });
  const busy = [share.embed(['a']), share.embed(['b'])];
  pass();
  const fine = share.embed(['c']);
  pass();
  await turn();
  held[0]?.({ kind: 'busy', retryAfterMs: 1234 });
  expect(await Promise.all(busy)).toEqual(busy.map(() => ({ kind: 'busy', retryAfterMs: 1234 })));
  held[1]?.();
  expect(await fine).toMatchObject({ kind: 'embedded' });
  await share.close();

  const failing = shared({
    before: async (texts) => {
      if (texts.includes('x')) throw new Error('away');
      return undefined;
    },
  });
  const failed = [failing.share.embed(['x']), failing.share.embed(['y'])];
  failing.pass();
  for (const answer of failed) await expect(answer).rejects.toThrow('away');
  const after = failing.share.embed(['z']);
  failing.pass();
  expect(await after).toMatchObject({ kind: 'embedded' });
  await failing.share.close();
});

test('a caller that gives up holds up nobody, and a call that nobody waits for ends', async () => {
  const aborted: unknown[] = [];
  const inner: Embedder = {
    ...memoryEmbedder(),
    embed: (_, signal) =>
      new Promise((__, reject) => {
        signal?.addEventListener('abort', () => {
          aborted.push(signal.reason);
          reject(signal.reason as Error);
        });
      }),
  };
  const timers: (() => void)[] = [];
  const share = shareEmbedding(inner, { countTokens, after: (_, work) => timers.push(work) });
  const [one, two] = [new AbortController(), new AbortController()];
  const answers = [share.embed(['a'], one.signal), share.embed(['b'], two.signal)];
  const outcomes = Promise.allSettled(answers);
  timers.shift()?.();
  one.abort(new Error('first'));
  await turn();
  expect(aborted).toEqual([]);
  two.abort(new Error('second'));
  expect((await outcomes).map((o) => o.status === 'rejected' && (o.reason as Error).message)).toEqual([
    'first',
    'second',
  ]);
  await turn();
  expect(aborted).toHaveLength(1);
  await share.close();
});

test('tokens are shared among callers and are those that the service counted', async () => {
  const random = fuzzSeed('shared tokens');
  const { share, calls, pass } = shared({ limits: { texts: 7, tokens: 40 } });
  const texts = Array.from({ length: 60 }, () =>
    Array.from({ length: 1 + random.below(4) }, () => 'w '.repeat(1 + random.below(9))),
  );
  const answers = texts.map((own) => share.embed(own));
  pass();
  const results = await Promise.all(answers);
  const words = texts.flat().reduce((sum, text) => sum + text.length / 2, 0);
  expect(results.reduce((sum, result) => sum + (result.kind === 'embedded' ? result.tokens : NaN), 0)).toBe(words);
  for (const call of calls) {
    expect(call.length).toBeLessThanOrEqual(7);
    expect(call.join('').length).toBeLessThanOrEqual(40);
  }
  expect(calls.flat().sort()).toEqual(texts.flat().sort());
  await share.close();
});
