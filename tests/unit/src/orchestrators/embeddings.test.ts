/** The story of one text, by hand: what is searchable, when, whatever fails and whoever is faster. */
import { memoryItems } from '../../../fakes/memory-items';
import { createBuryDocument } from '../../../../src/activities/bury-document';
import { createIndexBatch } from '../../../../src/activities/index-batch';
import { createPlanDocument } from '../../../../src/activities/plan-document';
import { createRemoveChunks } from '../../../../src/activities/remove-chunks';
import { createRemoveDocument } from '../../../../src/activities/remove-document';
import { createReplaceDocument } from '../../../../src/activities/replace-document';
import { createSettleDocument } from '../../../../src/activities/settle-document';
import type { Chunk } from '../../../../src/domain/ingestion/chunk';
import type { EmbeddingsInput } from '../../../../src/domain/ingestion/embeddings-input';
import { forgetInputOf } from '../../../../src/intake/ingestion/forget-document';
import { embeddingsStory } from '../../../../src/orchestrators/embeddings';
import { forgetDocumentStory } from '../../../../src/orchestrators/forget-document';
import type { Breaker } from '../../../../src/ports/breaker';
import type { EmbedResult } from '../../../../src/ports/embedder';
import { runStory } from '../../../drivers/story-driver';
import { MemoryBlobStore } from '../../../fakes/memory-blob-store';
import { memoryDocumentStore } from '../../../fakes/memory-document-store';
import { memoryEmbedder, wordVector } from '../../../fakes/memory-embedder';
import { memoryDeadLetters, silentLogger } from '../../../fakes/memory-stores';
import { memoryWorkingBlobs } from '../../../fakes/memory-working-blobs';
import { TestClock } from '../../../fakes/test-clock';

const CONTAINER = 'snippet-input';
const MODEL = { name: 'memory', dimensions: 64 };

/** A line each; what follows `# ` is its title. */
function cut(text: string): Chunk[] {
  let at = 0;
  return (text.match(/[^\n]*\n|[^\n]+$/g) ?? []).map((line, ordinal) => {
    const headings = /^# (.+)/.exec(line)?.slice(1) ?? [];
    const chunk = { ordinal, contextStart: at, start: at, end: at + line.length, headings, tokens: 1 };
    at += line.length;
    return chunk;
  });
}

function world(options: { before?: (call: number) => EmbedResult | undefined | Error; breaker?: Breaker } = {}) {
  const blobs = new MemoryBlobStore();
  const clock = new TestClock();
  const working = memoryWorkingBlobs();
  const deadLetters = memoryDeadLetters();
  let fault: string | undefined;
  const store = memoryDocumentStore({
    before: async (operation) => {
      if (operation === fault) throw new Error(`no ${operation}`);
    },
  });
  const embedder = memoryEmbedder({
    limits: { texts: 2, tokens: 1_000 },
    before: async (_texts, call) => {
      const given = options.before?.(call);
      if (given instanceof Error) throw given;
      return given;
    },
  });
  const plan = createPlanDocument({
    ...{ store, embedder, working, cut, chunking: 'lines', countTokens: (text) => text.length },
    limits: { width: 3, maxAttempts: 4 },
  });
  const items = memoryItems();
  const activities = {
    'plan-document': plan,
    'index-batch': createIndexBatch({ blobs, working, embedder, breaker: options.breaker, store, monotonic: () => 0 }),
    'replace-document': createReplaceDocument({ blobs, store, clock }),
    'settle-document': createSettleDocument({ store, working, items, clock, logger: silentLogger }),
    'bury-document': createBuryDocument({ deadLetters, logger: silentLogger }),
    'remove-document': createRemoveDocument({ store }),
    'remove-chunks': createRemoveChunks({ store }),
  };
  let runs = 0;
  let time = 0;
  return {
    ...{ blobs, working, items, deadLetters, store, embedder, activities },
    failing: (operation: string | undefined) => (fault = operation),
    /** Puts a version and gives what its orchestration starts with. */
    put(text: string, name = 'a.md'): EmbeddingsInput {
      const etag = blobs.put({ container: CONTAINER, name }, text);
      return { projectId: 'p', name, text, source: { container: CONTAINER, blob: name, etag }, takenAtMs: 0 };
    },
    run: (input: EmbeddingsInput, changed: Partial<typeof activities> = {}, stepMs = 0) =>
      runStory(
        embeddingsStory,
        input,
        { ...activities, ...changed },
        {
          ...{ startMs: ++runs * 1_000, instanceId: `ingestion-${input.source?.etag}`, stepMs },
          onTime: (now) => (time = now),
        },
      ),
    /** Milliseconds since the epoch, as the story of the last run sees it. */
    now: () => time,
    async searched(words: string): Promise<string[]> {
      await store.prepare(MODEL);
      const hits = await store.search({ text: words, vector: wordVector(words, MODEL.dimensions), k: 100 });
      return hits.map(({ chunk }) => chunk.text);
    },
    async documents() {
      return (await store.list(undefined, 100)).documents;
    },
  };
}

it('makes a text searchable, in the order of its chunks, and keeps nothing of its own', async () => {
  const w = world();
  const { result } = await w.run(w.put('one\ntwo\nthree\nfour\nfive\n'));
  expect(result).toMatchObject({ outcome: 'ingested', chunks: 5, tokens: 5 });
  expect(w.items.items()).toMatchObject([{ name: `${CONTAINER}/a.md`, state: 'done', detail: 'passages: 5' }]);
  expect((await w.searched('three'))[0]).toBe('three\n');
  expect(w.embedder.calls).toEqual([['one\n', 'two\n'], ['three\n', 'four\n'], ['five\n']]);
  const [document] = await w.documents();
  expect(document?.record).toMatchObject({ name: 'a.md', chunks: 5, characters: 24, chunking: 'lines', model: MODEL });
});

it('embeds a passage below its titles, and keeps it as it is', async () => {
  const w = world();
  await w.run(w.put('# Title\nplain\n'));
  expect(w.embedder.calls).toEqual([['Title\n\n# Title\n', 'plain\n']]);
  expect(w.store.stored().map(({ chunk: { text, headings } }) => [text, headings])).toEqual([
    ['# Title\n', ['Title']],
    ['plain\n', []],
  ]);
});

it('reads a long text batch by batch from its working copy, whatever its characters', async () => {
  const w = world();
  const text = 'größe\n世界 🌍\n\u{1F468}\u200D\u{1F469}\nend';
  const { text: _text, ...rest } = w.put(text);
  await w.working.put('r/text', Buffer.from(text));
  const stored = { blob: 'r/text', bytes: Buffer.byteLength(text), contentHash: 'ab'.repeat(32) };
  const { result, calls } = await w.run({ ...rest, stored });
  expect(result).toMatchObject({ outcome: 'ingested', chunks: 4 });
  expect(w.embedder.calls.flat().sort()).toEqual(['größe\n', '世界 🌍\n', '\u{1F468}\u200D\u{1F469}\n', 'end'].sort());
  expect(w.working.all.size).toBe(0);
  // Nothing of the text goes through the history.
  expect(JSON.stringify(calls)).not.toContain('größe');
});

it('embeds nothing for a text that is there already, and notes its new version', async () => {
  const w = world();
  await w.run(w.put('one\ntwo\n'));
  const before = w.embedder.calls.length;
  const again = w.put('one\ntwo\n');
  expect((await w.run(again)).result).toEqual({ outcome: 'unchanged' });
  expect((await w.run(again)).result).toEqual({ outcome: 'duplicate' });
  expect(w.embedder.calls).toHaveLength(before);
  expect((await w.documents())[0]?.record.source).toEqual(again.source);
  expect(await w.searched('one')).toHaveLength(2);
});

it('replaces what a text said before, whole', async () => {
  const w = world();
  await w.run(w.put('old one\nold two\nold three\n'));
  let during: string[] = [];
  await w.run(w.put('new\n'), {
    'replace-document': async (input) => {
      during = await w.searched('old');
      return w.activities['replace-document'](input);
    },
  });
  expect(during).toHaveLength(3);
  expect(await w.searched('old')).toEqual(['new\n']);
  expect(w.store.stored()).toHaveLength(1);
});

it.each(['index-batch', 'replace-document', 'settle-document'] as const)(
  'ends the same when its process dies after %s, before that is known',
  async (step) => {
    const w = world();
    await w.run(w.put('old\n'));
    let died = false;
    const activity = w.activities[step] as unknown as (input: unknown) => Promise<unknown>;
    const once = async (input: unknown): Promise<unknown> => {
      const result = await activity(input);
      // The host runs an activity again whose process died; what of a fan-out fails is a result.
      if (step === 'index-batch') return activity(input);
      if (died) return result;
      died = true;
      throw new Error('died');
    };
    const { result } = await w.run(w.put('new one\nnew two\nnew three\n'), { [step]: once });
    expect(result).toMatchObject({ outcome: 'ingested', chunks: 3 });
    expect(await w.searched('old')).toHaveLength(3);
    expect(w.store.stored()).toHaveLength(3);
    expect(w.deadLetters.all.size).toBe(0);
  },
);

it('leaves the newer version alone when it was overwritten meanwhile', async () => {
  const w = world();
  const first = w.put('first\n');
  const second = w.put('second\n');
  await w.run(second);
  expect((await w.run(first)).result).toMatchObject({ outcome: 'superseded' });
  expect(await w.searched('first')).toEqual(['second\n']);
  expect(w.store.stored()).toHaveLength(1);
});

it('keeps nothing of a blob that was deleted while it was ingested', async () => {
  const w = world();
  const { result } = await w.run(w.put('gone\n'), {
    'replace-document': async (input) => {
      w.blobs.lose({ container: CONTAINER, name: 'a.md' });
      return w.activities['replace-document'](input);
    },
  });
  expect(result).toMatchObject({ outcome: 'superseded' });
  expect(await w.documents()).toEqual([]);
  expect(w.store.stored()).toEqual([]);
  expect(w.items.items()).toMatchObject([{ state: 'skipped', detail: 'superseded' }]);
});

it('embeds no more of a long text once its blob is deleted', async () => {
  const w = world();
  const text = Array.from({ length: 40 }, (_, line) => `line ${line}\n`).join('');
  const batches: number[] = [];
  const { result } = await w.run(
    w.put(text),
    {
      'index-batch': async (input) => {
        if (batches.push(0) === 6) w.blobs.lose({ container: CONTAINER, name: 'a.md' });
        return w.activities['index-batch'](input);
      },
    },
    400,
  );
  expect(result).toMatchObject({ outcome: 'superseded' });
  // Of 20, three at once: two waves, the one that is looked at no more than a second later, and those between.
  expect(w.embedder.calls.length).toBeLessThanOrEqual(12);
  expect(w.store.stored()).toEqual([]);
});

it('decides again when another run was faster', async () => {
  const w = world();
  const other = w.put('other\n');
  await w.run(other);
  const mine = w.put('mine\n');
  let meanwhile = false;
  const { result } = await w.run(mine, {
    'replace-document': async (input) => {
      if (!meanwhile) {
        meanwhile = true;
        // Somebody notes another version of the record between plan and replacement.
        const [standing] = await w.documents();
        await w.store.replace({ ...standing!.record, version: 'theirs' }, { tag: standing!.tag });
      }
      return w.activities['replace-document'](input);
    },
  });
  expect(result).toMatchObject({ outcome: 'ingested' });
  expect(await w.searched('mine')).toEqual(['mine\n']);
  // Indexed once.
  expect(w.embedder.calls.flat().filter((text) => text === 'mine\n')).toHaveLength(1);
});

it('gives a run of its own version to each start, so that what removes an old one takes nothing of a new one', async () => {
  const w = world();
  const input = w.put('same\n');
  await w.run(input);
  const [standing] = await w.documents();
  const forget = forgetInputOf(standing!);
  await w.activities['remove-document']({ key: forget.key, tag: forget.tag });
  await w.run(input, {
    'replace-document': async (replacing) => {
      // The removal of chunks that was put off comes late, when the new ones are stored and not yet seen.
      await runStory(forgetDocumentStory, forget, w.activities);
      return w.activities['replace-document'](replacing);
    },
  });
  expect(await w.searched('same')).toEqual(['same\n']);
});

it('keeps the chunks of a document whose blob came back, unchanged, before it was forgotten', async () => {
  const w = world();
  await w.run(w.put('same\n'));
  const [gone] = await w.documents();
  await w.run(w.put('same\n'));
  const { result } = await runStory(forgetDocumentStory, forgetInputOf(gone!), w.activities);
  expect(result).toEqual({ outcome: 'changed', chunks: 0 });
  expect(await w.searched('same')).toEqual(['same\n']);
});

it('waits as long as the service asks, and counts that as no failure', async () => {
  const w = world({ before: (call) => (call <= 20 ? { kind: 'busy', retryAfterMs: 7_000 } : undefined) });
  const { result, sleeps } = await w.run(w.put('one\n'));
  expect(result).toMatchObject({ outcome: 'ingested' });
  expect(sleeps).toHaveLength(20);
  expect(Math.min(...sleeps)).toBeGreaterThanOrEqual(7_000);
});

it('tries a service that fails again and again, later each time, then gives up and leaves nothing', async () => {
  const w = world({ before: () => new Error('ECONNREFUSED') });
  const { result, sleeps } = await w.run(w.put('one\n'));
  expect(result).toEqual({ outcome: 'failed', documentId: expect.any(String) });
  expect(sleeps).toHaveLength(3);
  expect(sleeps[2]!).toBeGreaterThan(sleeps[0]!);
  const [letter] = [...w.deadLetters.all.values()];
  expect(letter).toMatchObject({
    ...{ pipeline: 'ingestion', code: 'EMBEDDER_UNAVAILABLE', error: 'ECONNREFUSED', attempts: 4, state: 'open' },
    keys: { queue: 'ingestion-replays', blob: 'snippet-input/a.md', projectId: 'p' },
    message: JSON.stringify({ container: CONTAINER, name: 'a.md' }),
  });
  expect(w.store.stored()).toEqual([]);
});

it('says what is refused, and keeps what was searchable', async () => {
  let refuses = false;
  const w = world({ before: () => (refuses ? { kind: 'refused', reason: 'content filter', index: 0 } : undefined) });
  await w.run(w.put('old\n'));
  refuses = true;
  expect((await w.run(w.put('new\n'))).result).toMatchObject({ outcome: 'failed' });
  const [letter] = [...w.deadLetters.all.values()];
  expect(letter).toMatchObject({ code: 'EMBEDDING_REFUSED', error: 'content filter (text 1 of 1)', attempts: 1 });
  expect(await w.searched('old')).toEqual(['old\n']);
});

it('waits while the breaker rests, without an attempt of its own', async () => {
  let asked = 0;
  let failures = 0;
  const breaker: Breaker = {
    admit: async () => (++asked % 2 === 0 ? { admitted: false, retryAfterMs: 30_000 } : { admitted: true }),
    succeeded: async () => undefined,
    failed: async () => ({ open: ++failures > 0 }),
    look: async () => ({ kind: 'closed', failures: 0, until: 0 }),
  };
  const w = world({ before: (call) => (call <= 12 ? new Error('down') : undefined), breaker });
  const { result } = await w.run(w.put('one\n'));
  expect(result).toMatchObject({ outcome: 'ingested' });
  expect(failures).toBe(12);
  expect(w.deadLetters.all.size).toBe(0);
});

it('tries on while the store is away', async () => {
  const w = world();
  let calls = 0;
  const { result } = await w.run(w.put('one\n'), {
    'index-batch': async (input) => {
      w.failing(++calls <= 3 ? 'putChunks' : undefined);
      return w.activities['index-batch'](input);
    },
  });
  expect(result).toMatchObject({ outcome: 'ingested' });
});

const DAY = 24 * 60 * 60_000;
/** Of one execution: what a step, its tries or a full history may be, and some more. */
const MOST_ENTRIES = 1_100;

it('waits for days while the service asks to, embeds each text once, and keeps its history short', async () => {
  let left = 3 * DAY;
  const w = world({
    before: (): EmbedResult | undefined => (w.now() < left ? { kind: 'busy', retryAfterMs: 30_000 } : undefined),
  });
  const texts = Array.from({ length: 9 }, (_, n) => `line ${n}\n`);
  const { result, histories, sleeps } = await w.run(w.put(texts.join('')));
  expect(result).toMatchObject({ outcome: 'ingested', chunks: 9 });
  expect(sleeps.length).toBeGreaterThan(5_000);
  expect(histories.length).toBeGreaterThan(10);
  expect(Math.max(...histories)).toBeLessThan(MOST_ENTRIES);
  expect(await w.searched('line')).toHaveLength(9);
  expect(w.store.stored()).toHaveLength(9);
  expect(w.deadLetters.all.size).toBe(0);
  // The version is that of the run, not of its last execution: nothing is left of an earlier one.
  expect(new Set(w.store.stored().map(({ version }) => version)).size).toBe(1);
  left = 0;
});

it('goes on with a long text where it was, and counts the tries of each batch on', async () => {
  let down = true;
  const w = world({
    // Two batches go through; then the service asks to wait for a day; then it fails for good.
    before: (call): EmbedResult | undefined | Error =>
      call <= 2
        ? undefined
        : w.now() < DAY
          ? { kind: 'busy', retryAfterMs: 30_000 }
          : down
            ? new Error('down')
            : undefined,
  });
  const input = w.put('one\ntwo\nthree\nfour\nfive\n');
  const { result, histories, calls } = await w.run(input);
  expect(result).toMatchObject({ outcome: 'failed' });
  expect(histories.length).toBeGreaterThan(3);
  // Planned once; what was indexed is not indexed again; tries from before the cut count.
  expect(calls.filter(({ name }) => name === 'plan-document')).toHaveLength(1);
  expect(w.embedder.calls.filter(([first]) => first === 'one\n')).toHaveLength(1);
  expect([...w.deadLetters.all.values()]).toMatchObject([{ code: 'EMBEDDER_UNAVAILABLE', attempts: 4 }]);
  expect(w.store.stored()).toEqual([]);
  down = false;
  expect((await w.run(input)).result).toMatchObject({ outcome: 'ingested' });
});

it('counts the tries of a batch on when it goes on with a new history', async () => {
  let failures = 0;
  const w = world({
    before: (call): EmbedResult | Error | undefined => {
      // Whoever does not count them comes to an end, too.
      if (call > 2_000) return undefined;
      // One try fails now and then, between long waits.
      if (call % 300 !== 0) return { kind: 'busy', retryAfterMs: 30_000 };
      failures++;
      return new Error('down');
    },
  });
  const { result, histories } = await w.run(w.put('one\n'));
  expect(result).toMatchObject({ outcome: 'failed' });
  expect(histories.length).toBeGreaterThan(4);
  expect(failures).toBe(4);
});

it('removes what is left over when the store is back after days, and tells of no failure', async () => {
  const w = world();
  await w.run(w.put('old one\nold two\n'));
  const { result, histories } = await w.run(w.put('new\n'), {
    'settle-document': async (input) => {
      w.failing(w.now() < 3 * DAY ? 'removeChunks' : undefined);
      return w.activities['settle-document'](input);
    },
  });
  expect(result).toMatchObject({ outcome: 'ingested', chunks: 1 });
  expect(histories.length).toBeGreaterThan(10);
  expect(Math.max(...histories)).toBeLessThan(MOST_ENTRIES);
  expect(w.store.stored().map(({ chunk }) => chunk.text)).toEqual(['new\n']);
  expect(w.deadLetters.all.size).toBe(0);
});

it('writes its dead letter once, as of when it gave up, when that could not be written for days', async () => {
  const w = world({ before: () => ({ kind: 'refused', reason: 'content filter' }) });
  let away = true;
  const { add } = w.deadLetters;
  w.deadLetters.add = async (letter) => {
    // The last try is written, and its answer is lost.
    if (w.now() >= 2 * DAY) await add(letter);
    if (away && w.now() < 2 * DAY + 60_000) throw new Error('the table is away');
  };
  const { result, histories } = await w.run(w.put('one\n'));
  away = false;
  expect(result).toMatchObject({ outcome: 'failed' });
  expect(Math.max(...histories)).toBeLessThan(MOST_ENTRIES);
  const letters = [...w.deadLetters.all.values()];
  expect(letters).toHaveLength(1);
  expect(Date.parse(letters[0]!.createdAt)).toBeLessThan(DAY);
});

it('forgets a document when the store is back after days', async () => {
  const w = world();
  await w.run(w.put('gone\n'));
  const [gone] = await w.documents();
  let now = 0;
  const removing = async (input: Parameters<(typeof w.activities)['remove-chunks']>[0]) => {
    if (now < 2 * DAY) throw new Error('the store is away');
    return w.activities['remove-chunks'](input);
  };
  const { result, histories } = await runStory(
    forgetDocumentStory,
    forgetInputOf(gone!),
    { ...w.activities, 'remove-chunks': removing },
    { onTime: (ms) => (now = ms) },
  );
  expect(result).toEqual({ outcome: 'removed', chunks: 1 });
  expect(Math.max(...histories)).toBeLessThan(MOST_ENTRIES);
  expect(w.store.stored()).toEqual([]);
});

it('refuses a store with vectors of another model, with the remedy', async () => {
  const w = world();
  await w.store.prepare({ name: 'another', dimensions: 3 });
  expect((await w.run(w.put('one\n'))).result).toMatchObject({ outcome: 'failed' });
  const [letter] = [...w.deadLetters.all.values()];
  expect(letter).toMatchObject({ code: 'INDEX_MODEL_MIXED' });
  expect(letter!.error).toContain('another with 3 dimensions');
});

it.each([undefined, 7, {}, { projectId: 'p', name: 'x' }, { projectId: 'p', name: 'x', text: 1 }])(
  'makes a dead letter of the input %j',
  async (input) => {
    const w = world();
    expect((await runStory(embeddingsStory, input as never, w.activities)).result).toEqual({ outcome: 'failed' });
    expect([...w.deadLetters.all.values()]).toMatchObject([{ code: 'INGESTION_INPUT_INVALID' }]);
  },
);

it('takes a text that somebody gave by hand', async () => {
  const w = world();
  const input = { projectId: 'p', name: 'by hand', text: 'words\n' };
  expect((await w.run(input)).result).toMatchObject({ outcome: 'ingested' });
  expect((await w.run(input)).result).toMatchObject({ outcome: 'duplicate' });
  expect(await w.searched('words')).toEqual(['words\n']);
});
