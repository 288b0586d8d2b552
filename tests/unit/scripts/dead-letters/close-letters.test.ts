import { closeLetters, idsOf, type LetterApp } from '../../../../scripts/dead-letters/close-letters';

/** An app with `count` letters, of which some cannot be closed, that lists as the real one does. */
function appWith(count: number, stubborn: readonly string[] = []) {
  const ids = Array.from({ length: count }, (_, n) => String(n).padStart(4, '0'));
  const closed: string[] = [];
  const asked: string[] = [];
  const app: LetterApp = {
    list(query) {
      asked.push(query);
      const parameters = new URLSearchParams(query);
      const after = parameters.get('continuation') ?? '';
      // Those that are closed are not open any more.
      const open = ids.filter((id) => id > after && !closed.includes(id));
      const items = open.slice(0, Number(parameters.get('limit'))).map((id) => ({ id, code: 'INDEX_FAILED' as const }));
      const last = items.at(-1)?.id ?? '';
      return Promise.resolve({ items, ...(last < (open.at(-1) ?? '') ? { continuation: last } : {}) });
    },
    close(id) {
      if (stubborn.includes(id)) return Promise.reject(new Error('no'));
      closed.push(id);
      return Promise.resolve();
    },
  };
  return { app, ids, closed, asked };
}

function clock() {
  let time = 0;
  return {
    now: () => time,
    sleep: (ms: number) => {
      time += ms;
      return Promise.resolve();
    },
  };
}

const quiet = { failed: () => undefined, progress: () => undefined, signal: new AbortController().signal };

it('goes through all pages, and one that fails holds up no other', async () => {
  const { app, ids, closed, asked } = appWith(250, ['0007', '0120']);
  const { now, sleep } = clock();
  const failed: string[] = [];
  const closing = await closeLetters(app, idsOf(app, { filter: { state: 'open' }, limit: Infinity }), {
    ...{ ...quiet, rate: 50, now, sleep },
    failed: (id) => failed.push(id),
  });
  expect(closing).toEqual({ done: 248, failed: 2 });
  expect(closed).toEqual(ids.filter((id) => id !== '0007' && id !== '0120'));
  expect(failed).toEqual(['0007', '0120']);
  expect(asked).toHaveLength(3);
  // 50 a second, the first at once.
  expect(now()).toBe((249 / 50) * 1000);
});

it('takes no more than the limit, and an id once', async () => {
  const { app, closed, asked } = appWith(250);
  await closeLetters(app, idsOf(app, { filter: {}, limit: 130 }), { ...quiet, rate: 1000, ...clock() });
  expect(closed).toHaveLength(130);
  expect(asked).toEqual(['limit=100', 'limit=30&continuation=0099']);
  const named = appWith(5);
  await closeLetters(named.app, idsOf(named.app, { ids: ['0001', '0003', '0001'] }), {
    ...quiet,
    rate: 1,
    ...clock(),
  });
  expect(named.closed).toEqual(['0001', '0003']);
});

it('lets alone what it is told to', async () => {
  const { app, ids, closed } = appWith(5);
  const letters = idsOf(app, { filter: {}, limit: Infinity }, ({ id }) => id === '0002');
  expect(await closeLetters(app, letters, { ...quiet, rate: 1000, ...clock() })).toEqual({ done: 4, failed: 0 });
  expect(closed).toEqual(ids.filter((id) => id !== '0002'));
});

it('ends what is under way, and no more, when it is stopped', async () => {
  const { app, closed } = appWith(50);
  const stopped = new AbortController();
  const closing = await closeLetters(app, idsOf(app, { filter: {}, limit: Infinity }), {
    ...{ ...quiet, rate: 1000, ...clock(), signal: stopped.signal },
    progress: ({ done }) => {
      if (done === 5) stopped.abort();
    },
  });
  expect(closing.done).toBe(closed.length);
  expect(closed.length).toBeLessThan(15);
});
