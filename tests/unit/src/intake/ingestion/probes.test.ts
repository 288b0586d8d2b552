/** What `/readyz` says of text ingestion: whether the embedder and the store answer, without a call that is paid for in a loop. */
import { createEmbedderProbe, watchEmbedder } from '../../../../../src/intake/ingestion/embedder-health';
import { createStoreProbe } from '../../../../../src/intake/ingestion/store-probe';
import type { BreakerState } from '../../../../../src/domain/circuit-breaker';
import { memoryDocumentStore } from '../../../../fakes/memory-document-store';
import { memoryEmbedder } from '../../../../fakes/memory-embedder';
import { TestClock } from '../../../../fakes/test-clock';

const patience = (): AbortSignal => new AbortController().signal;

function world(options: { readonly mayAsk?: boolean; readonly breaker?: BreakerState } = {}) {
  const clock = new TestClock();
  const state: { fault?: Error; breaker: BreakerState } = {
    breaker: options.breaker ?? { kind: 'closed', failures: 0, until: 0 },
  };
  const inner = memoryEmbedder({
    before: async () => {
      if (state.fault) throw state.fault;
      return undefined;
    },
  });
  const embedder = watchEmbedder(inner, clock);
  const breaker = { look: async () => state.breaker };
  const probe = createEmbedderProbe({ embedder, breaker, clock, name: 'embedder', mayAsk: options.mayAsk ?? true });
  return { clock, state, inner, embedder, check: () => probe.check(patience()) };
}

it('asks a service that nobody asked one word, and then no more for five minutes', async () => {
  const w = world();
  for (let n = 0; n < 30; n++) {
    await w.check();
    w.clock.advance(9_999);
  }
  expect(w.inner.calls).toHaveLength(1);
  w.clock.advance(10_000);
  await w.check();
  expect(w.inner.calls).toHaveLength(2);
});

it('asks nothing while others are answered', async () => {
  const w = world();
  await w.embedder.embed(['a text']);
  await w.check();
  expect(w.inner.calls).toEqual([['a text']]);
});

it('says why the embedder fails, whoever asked it, and asks again after ten seconds', async () => {
  const w = world();
  w.state.fault = new Error('the key is wrong');
  await expect(w.embedder.embed(['a text'])).rejects.toThrow('the key is wrong');
  await expect(w.check()).rejects.toThrow('the key is wrong');
  expect(w.inner.calls).toHaveLength(1);
  w.clock.advance(10_000);
  await expect(w.check()).rejects.toThrow('the key is wrong');
  expect(w.inner.calls).toHaveLength(2);
  delete w.state.fault;
  w.clock.advance(10_000);
  await w.check();
});

it('never loads a model for the question', async () => {
  const w = world({ mayAsk: false });
  await w.check();
  expect(w.inner.calls).toEqual([]);
  w.state.fault = new Error('the thread ended');
  await expect(w.embedder.embed(['a text'])).rejects.toThrow();
  await expect(w.check()).rejects.toThrow('the thread ended');
});

it('is not ready while the breaker keeps calls back, and asks when it may be tried again', async () => {
  const w = world();
  w.state.breaker = { kind: 'open', failures: 7, until: w.clock.now() + 30_000 };
  await expect(w.check()).rejects.toThrow(/failed 7 times in a row.*circuit breaker.*until 2026-/);
  expect(w.inner.calls).toEqual([]);
  // An idle app has nobody else who would try.
  w.clock.advance(30_000);
  await w.check();
  expect(w.inner.calls).toHaveLength(1);
});

it('does not take it for a failure that a caller gave up', async () => {
  const w = world();
  const stop = AbortSignal.abort(new Error('gave up'));
  await expect(w.embedder.embed(['a text'], stop)).rejects.toThrow('gave up');
  expect(w.embedder.lastAnswer()).toBeUndefined();
});

it('does not wait longer than it may for an answer, and hears of it the next time', async () => {
  const clock = new TestClock();
  let answer: () => void = () => undefined;
  const answered = new Promise<undefined>((resolve) => (answer = () => resolve(undefined)));
  const inner = memoryEmbedder({ before: () => answered });
  const embedder = watchEmbedder(inner, clock);
  const probe = createEmbedderProbe({ embedder, breaker: undefined, clock, name: 'embedder', mayAsk: true });
  const stop = new AbortController();
  const first = probe.check(stop.signal);
  stop.abort(new Error('two seconds are over'));
  await expect(first).rejects.toThrow('two seconds are over');
  const second = probe.check(patience());
  answer();
  await second;
  expect(inner.calls).toHaveLength(1);
});

describe('the store', () => {
  const model = { name: 'memory', dimensions: 64 };

  it('is ready when it answers, and not when it does not', async () => {
    let away = false;
    const store = memoryDocumentStore({
      before: async (operation) => {
        if (away && operation === 'find') throw new Error('ECONNREFUSED');
      },
    });
    const probe = createStoreProbe(store, model, 'store');
    await probe.check(patience());
    away = true;
    await expect(probe.check(patience())).rejects.toThrow('ECONNREFUSED');
  });

  it('is not ready with vectors of another model, with the remedy', async () => {
    const store = memoryDocumentStore();
    await store.prepare({ name: 'another', dimensions: 3 });
    await expect(createStoreProbe(store, model, 'store').check(patience())).rejects.toThrow(
      /another \(3 dimensions\).*npm run reindex/,
    );
  });

  it('does not wait for a store that hangs', async () => {
    const store = memoryDocumentStore({ before: () => new Promise(() => undefined) });
    const stop = new AbortController();
    const asked = createStoreProbe(store, model, 'store').check(stop.signal);
    stop.abort(new Error('two seconds are over'));
    await expect(asked).rejects.toThrow('two seconds are over');
  });
});
