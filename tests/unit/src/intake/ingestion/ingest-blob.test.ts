/** What becomes of a blob before its orchestration: told from its properties, read, judged, started, or put out of the way. */
import { memoryItems } from '../../../../fakes/memory-items';
import type { ContentRules } from '../../../../../src/intake/ingestion/ingest-blob';
import { createBuryDocument } from '../../../../../src/activities/bury-document';
import { documentId } from '../../../../../src/domain/ingestion/document-id';
import type { DocumentRecord } from '../../../../../src/domain/ingestion/document';
import { ingestionInstanceId, type EmbeddingsInput } from '../../../../../src/domain/ingestion/embeddings-input';
import { forgetDocument } from '../../../../../src/intake/ingestion/forget-document';
import { createIngestBlob } from '../../../../../src/intake/ingestion/ingest-blob';
import { createCopyProven } from '../../../../../src/intake/ingestion/copy-proven';
import { createQuarantineBlob } from '../../../../../src/intake/ingestion/quarantine-blob';
import { createIsReleased, createReleaseBlob } from '../../../../../src/intake/ingestion/release-blob';
import { createReplayDocument } from '../../../../../src/intake/ingestion/replay-document';
import type { Orchestrations } from '../../../../../src/ports/orchestrations';
import { MemoryBlobStore } from '../../../../fakes/memory-blob-store';
import { memoryDocumentStore } from '../../../../fakes/memory-document-store';
import { memoryEmbedder } from '../../../../fakes/memory-embedder';
import { memoryDeadLetters, memoryOrchestrations, silentLogger } from '../../../../fakes/memory-stores';
import { memoryWorkingBlobs } from '../../../../fakes/memory-working-blobs';
import { TestClock } from '../../../../fakes/test-clock';

const container = 'snippet-input';
const projectId = 'p';
const account = 'acme';

const rules: ContentRules = {
  early: ({ length, name }) =>
    length > 200_000 ? { reason: 'too large' } : name.endsWith('.bin') ? { reason: 'no text' } : undefined,
  content: (bytes) => {
    const text = Buffer.from(bytes).toString();
    if (text.trim() === '') return { kind: 'empty' };
    if (text.includes('PROGRAM')) return { kind: 'refused', rule: 'executable', reason: 'It is a program.' };
    const readable = { kind: 'text', text, notes: [] } as const;
    if (text.includes('SECRET')) return { kind: 'refused', rule: 'secret', reason: 'It holds a key.', text: readable };
    return readable;
  },
};

function world() {
  const blobs = new MemoryBlobStore();
  const store = memoryDocumentStore();
  const embedder = memoryEmbedder();
  const working = memoryWorkingBlobs();
  const deadLetters = memoryDeadLetters();
  const orchestrations = memoryOrchestrations();
  const lines: string[] = [];
  const sleeps: number[] = [];
  const reads: string[] = [];
  blobs.before = (operation, { name }) => {
    if (operation === 'read') reads.push(name);
  };
  const sleep = async (ms: number): Promise<void> => void sleeps.push(ms);
  const logger = { ...silentLogger, plain: (line: string) => void lines.push(line) };
  const bury = createBuryDocument({ deadLetters, logger });
  const items = memoryItems();
  const clock = new TestClock();
  const copyProven = createCopyProven({ blobs, sleep });
  const marks = memoryWorkingBlobs();
  const ingest = createIngestBlob(
    {
      ...{ blobs, working, store, embedder, bury, items, rules, sleep, logger, forget: forgetDocument },
      quarantine: createQuarantineBlob({ blobs, copyProven, account }),
      isReleased: createIsReleased(marks),
      clock,
    },
    { account, projectId, chunking: 'lines' },
  );
  return {
    ...{ blobs, store, embedder, working, items, deadLetters, orchestrations, lines, sleeps, reads },
    put: (name: string, content: string, metadata = {}) => blobs.put({ container, name }, content, metadata),
    take: (name: string, through: Orchestrations = orchestrations) => ingest({ container, name }, through),
    clock,
    replay: createReplayDocument(
      { ingest, bury, logger, release: createReleaseBlob({ blobs, marks, copyProven }) },
      { container },
    ),
    letters: () => [...deadLetters.all.values()],
    /** A document that stands for an earlier version. */
    async stand(name: string, etag: string): Promise<void> {
      await store.prepare(embedder.model);
      const record: DocumentRecord = {
        ...{ projectId, documentId: documentId(projectId, container, name), name, version: 'v', contentHash: 'h' },
        ...{ chunking: 'lines', model: embedder.model, chunks: 1, tokens: 1, characters: 1, ingestedAt: '' },
        source: { container, blob: name, etag },
      };
      await store.replace(record, 'nothing');
    },
  };
}

it('starts the orchestration with the text, says so in the known words, and notes who put it there', async () => {
  const w = world();
  const etag = w.put('a/b.md', 'words', { Uploaded_By: 'ann@example.org' });
  expect(await w.take('a/b.md')).toBe('started');
  const source = { container, blob: 'a/b.md', etag };
  const id = ingestionInstanceId(projectId, account, source);
  expect(w.orchestrations.started).toMatchObject([{ name: 'embeddings_orchestrator', id }]);
  expect(w.orchestrations.started[0]?.input).toMatchObject({
    ...{ projectId, name: 'a/b.md', text: 'words', source, uploadedBy: 'ann@example.org' },
  });
  expect(w.lines).toEqual([`Ingestion started orchestration id=${id} for a/b.md`]);
  expect(w.items.items()).toMatchObject([{ name: `${container}/a/b.md`, state: 'working', instanceId: id }]);
  expect(await w.take('a/b.md')).toBe('running');
  expect(w.orchestrations.started).toHaveLength(1);
});

it('writes no second line for a name that holds one', async () => {
  const w = world();
  const name = 'x\nIngestion started orchestration id=forged for \u202Eevil.md';
  w.put(name, 'words');
  await w.take(name);
  expect(w.lines[0]).toMatch(/ for x\\u000aIngestion started orchestration id=forged for \\u202eevil\.md$/);
});

it('lets a text go by reference that is too long for a message, quotes counted', async () => {
  const w = world();
  w.put('long.md', 'x'.repeat(60_000));
  w.put('quotes.md', '"'.repeat(30_000));
  w.put('short.md', 'x'.repeat(40_000));
  for (const name of ['long.md', 'quotes.md', 'short.md']) await w.take(name);
  const [long, quotes, short] = w.orchestrations.started.map(({ input }) => input as EmbeddingsInput);
  expect(long).not.toHaveProperty('text');
  expect(w.working.all.get(long!.stored!.blob)?.toString()).toBe('x'.repeat(60_000));
  expect(quotes!.stored).toMatchObject({ bytes: 30_000 });
  expect(short!.text).toHaveLength(40_000);
});

it.each([
  ['big.md', 'x'.repeat(200_001)],
  ['tool.bin', 'x'],
])('skips %s without reading it', async (name, content) => {
  const w = world();
  w.put(name, content);
  expect(await w.take(name)).toBe('skipped');
  expect(w.reads).toEqual([]);
  expect(w.orchestrations.started).toEqual([]);
  expect(w.deadLetters.all.size).toBe(0);
});

it.each(['../x.md', 'a/./b.md', '..'])('skips the name %s, which cannot be asked for', async (name) => {
  expect(await world().take(name)).toBe('skipped');
});

it('starts nothing for a version that is ingested, and reads nothing of it', async () => {
  const w = world();
  const etag = w.put('a.md', 'words');
  await w.stand('a.md', etag);
  expect(await w.take('a.md')).toBe('duplicate');
  expect(w.reads).toEqual([]);
  w.put('a.md', 'other');
  expect(await w.take('a.md')).toBe('started');
});

it.each([
  ['empty', 'a.md', ' \n', 'skipped'],
  ['too large', 'a.md', 'x'.repeat(200_001), 'skipped'],
  ['refused', 'a.md', 'SECRET', 'quarantined'],
])('forgets what was searchable when the new version is %s', async (_what, name, content, outcome) => {
  const w = world();
  await w.stand(name, '"old"');
  w.put(name, content);
  expect(await w.take(name)).toBe(outcome);
  expect(w.orchestrations.started).toMatchObject([{ name: 'forget_document', input: { version: 'v' } }]);
});

it('puts refused content out of the way: copied, compared, then deleted, with the reason', async () => {
  const w = world();
  w.put('keys.md', 'a SECRET', { uploaded_by: 'bob' });
  expect(await w.take('keys.md')).toBe('quarantined');
  expect(w.blobs.text({ container, name: 'keys.md' })).toBeUndefined();
  const [letter] = [...w.deadLetters.all.values()];
  expect(letter).toMatchObject({
    code: 'CONTENT_QUARANTINED',
    error: 'It holds a key.',
    keys: { rule: 'secret', blob: 'snippet-input/keys.md', uploadedBy: 'bob' },
  });
  expect(JSON.stringify(letter)).not.toContain('SECRET');
  const copy = w.blobs.blobs.get(`ingestion-quarantine/${letter!.keys['quarantine']}`);
  expect(copy?.bytes.toString()).toBe('a SECRET');
  expect(copy?.facts.metadata).toMatchObject({ sluice_rule: 'secret', uploaded_by: 'bob' });
  expect(w.orchestrations.started).toEqual([]);
});

it.each(['startCopy', 'hash', 'remove'] as const)(
  'leaves either the blob or its copy when %s fails in quarantine, and ends it at the next call',
  async (step) => {
    const w = world();
    w.put('keys.md', 'a SECRET');
    let fails = true;
    w.blobs.before = (operation) => {
      if (operation === step && fails) throw new Error('storage is away');
    };
    await expect(w.take('keys.md')).rejects.toThrow('storage is away');
    expect(w.blobs.text({ container, name: 'keys.md' })).toBe('a SECRET');
    fails = false;
    w.clock.advance(60_000);
    expect(await w.take('keys.md')).toBe('quarantined');
    expect([...w.blobs.blobs.keys()]).toEqual([expect.stringMatching(/^ingestion-quarantine\/held\//)]);
    // However often it was told, it is one letter.
    expect(w.letters()).toHaveLength(1);
  },
);

it('keeps the blob when its copy in quarantine is not the same', async () => {
  const w = world();
  w.put('keys.md', 'a SECRET');
  const { startCopy } = w.blobs;
  w.blobs.startCopy = async (source, destination, metadata) => {
    const copied = await startCopy(source, destination, metadata);
    // Of the same length.
    w.blobs.put(destination, 'b SECRET', { ...metadata });
    return copied;
  };
  await expect(w.take('keys.md')).rejects.toThrow('differs from its source');
  expect([...w.blobs.blobs.keys()]).toEqual(['snippet-input/keys.md']);
  expect(w.deadLetters.all.size).toBe(0);
});

it('keeps the source of what is quarantined until its dead letter is written', async () => {
  const w = world();
  w.put('keys.md', 'a SECRET');
  const { add } = w.deadLetters;
  w.deadLetters.add = async () => {
    throw new Error('the table is away');
  };
  await expect(w.take('keys.md')).rejects.toThrow('the table is away');
  expect(w.blobs.text({ container, name: 'keys.md' })).toBe('a SECRET');
  w.deadLetters.add = add;
  expect(await w.take('keys.md')).toBe('quarantined');
  expect(w.letters()).toHaveLength(1);
});

const replayed = (message: string) => ({ body: message, id: 'm', dequeueCount: 1, insertedMs: 0 });

it('puts what is replayed back where it was, and lets the same content through from then on', async () => {
  const w = world();
  w.put('docs/keys.md', 'a SECRET', { uploaded_by: 'bob' });
  await w.take('docs/keys.md');
  const [letter] = w.letters();
  expect(letter!.keys['queue']).toBe('ingestion-replays');
  await w.replay(replayed(letter!.message), w.orchestrations);
  const back = w.blobs.blobs.get(`${container}/docs/keys.md`);
  expect(back?.bytes.toString()).toBe('a SECRET');
  expect(back?.facts.metadata).toEqual({ uploaded_by: 'bob' });
  expect([...w.blobs.blobs.keys()]).toEqual([`${container}/docs/keys.md`]);
  expect(w.orchestrations.started).toMatchObject([{ input: { name: 'docs/keys.md', text: 'a SECRET' } }]);
  // Uploaded again, as it was.
  w.put('docs/keys.md', 'a SECRET');
  expect(await w.take('docs/keys.md')).toBe('started');
  // Another secret there, and the same one elsewhere, are not what was released.
  w.put('docs/keys.md', 'another SECRET');
  w.put('docs/other.md', 'a SECRET');
  expect(await w.take('docs/keys.md')).toBe('quarantined');
  expect(await w.take('docs/other.md')).toBe('quarantined');
});

it.each(['describe', 'hash', 'startCopy', 'remove'] as const)(
  'loses nothing when %s fails in a release, and ends it at the next try',
  async (step) => {
    const w = world();
    w.put('keys.md', 'a SECRET');
    await w.take('keys.md');
    const message = replayed(w.letters()[0]!.message);
    let fails = true;
    w.blobs.before = (operation) => {
      if (operation === step && fails) throw new Error('storage is away');
    };
    await expect(w.replay(message, w.orchestrations)).rejects.toThrow('storage is away');
    expect([...w.blobs.blobs.values()].map(({ bytes }) => bytes.toString())).toContain('a SECRET');
    fails = false;
    await w.replay(message, w.orchestrations);
    await w.replay(message, w.orchestrations);
    expect([...w.blobs.blobs.keys()]).toEqual([`${container}/keys.md`]);
    expect(w.orchestrations.started).toHaveLength(1);
  },
);

it('leaves what was put in its place since, and what is held, too', async () => {
  const w = world();
  w.put('keys.md', 'a SECRET');
  await w.take('keys.md');
  w.put('keys.md', 'no more of that');
  await w.replay(replayed(w.letters()[0]!.message), w.orchestrations);
  expect(w.blobs.text({ container, name: 'keys.md' })).toBe('no more of that');
  expect(w.blobs.blobs.size).toBe(2);
  expect(w.orchestrations.started).toMatchObject([{ input: { text: 'no more of that' } }]);
});

it('puts nothing anywhere but where it came from', async () => {
  const w = world();
  w.put('keys.md', 'a SECRET');
  await w.take('keys.md');
  const { quarantine } = w.letters()[0]!.keys;
  await w.replay(replayed(JSON.stringify({ container, name: 'elsewhere.md', quarantine })), w.orchestrations);
  expect(w.blobs.text({ container, name: 'elsewhere.md' })).toBeUndefined();
  await w.replay(replayed(JSON.stringify({ container, name: 'x.md', quarantine: '../x' })), w.orchestrations);
  expect(w.letters().map(({ code }) => code)).toContain('INGESTION_INPUT_INVALID');
});

it('offers no replay of what is no text', async () => {
  const w = world();
  w.put('tool.md', 'a PROGRAM');
  expect(await w.take('tool.md')).toBe('quarantined');
  expect(w.letters()[0]!.keys).not.toHaveProperty('queue');
});

it('leaves a blob alone that was overwritten or deleted while it was taken in', async () => {
  const w = world();
  w.put('a.md', 'one');
  w.blobs.before = (operation) => {
    if (operation === 'read') w.put('a.md', 'two');
  };
  expect(await w.take('a.md')).toBe('superseded');
  w.blobs.before = (operation) => {
    if (operation === 'read') w.blobs.lose({ container, name: 'a.md' });
  };
  expect(await w.take('a.md')).toBe('vanished');
  expect(await w.take('a.md')).toBe('vanished');
  expect(w.orchestrations.started).toEqual([]);
});

it('tries to start three times, later each time, and then writes a dead letter that can be replayed', async () => {
  const w = world();
  w.put('a.md', 'words');
  let calls = 0;
  const failing: Orchestrations = {
    ...w.orchestrations,
    start: async () => {
      calls++;
      throw new Error('the host is away');
    },
  };
  expect(await w.take('a.md', failing)).toBe('dead-letter');
  expect(calls).toBe(3);
  expect(w.sleeps).toEqual([1_000, 2_000]);
  const [letter] = [...w.deadLetters.all.values()];
  expect(letter).toMatchObject({ code: 'INGESTION_NOT_STARTED', attempts: 3, keys: { queue: 'ingestion-replays' } });

  const message = { body: letter!.message, id: 'm', dequeueCount: 1, insertedMs: 0 };
  await w.replay(message, w.orchestrations);
  expect(w.orchestrations.started).toMatchObject([{ name: 'embeddings_orchestrator' }]);
});

it('waits for storage, longer each time, for about a minute', async () => {
  const w = world();
  w.put('a.md', 'words');
  let fails = 5;
  w.blobs.before = (operation) => {
    if (operation === 'describe' && fails-- > 0) throw new Error('503');
  };
  expect(await w.take('a.md')).toBe('started');
  expect(w.sleeps).toEqual([1_000, 2_000, 4_000, 8_000, 16_000]);
});

it.each([
  [
    '{"Type":"BlobTrigger","FunctionId":"Host.Functions.ingest_blob","ContainerName":"snippet-input","BlobName":"a.md"}',
    1,
  ],
  [Buffer.from('{"container":"snippet-input","name":"a.md"}').toString('base64'), 1],
  [{ container: 'snippet-input', name: 'a.md' }, 1],
  ['{"projectId":"p","name":"by hand","text":"words"}', 1],
  ['{"container":"rawfiles","name":"a.md"}', 0],
  ['not JSON', 0],
  ['{"name":7}', 0],
])('replays %j', async (body, started) => {
  const w = world();
  w.put('a.md', 'words');
  await w.replay({ body, id: 'm', dequeueCount: 1, insertedMs: 0 }, w.orchestrations);
  expect(w.orchestrations.started).toHaveLength(started);
  const codes = [...w.deadLetters.all.values()].map(({ code }) => code);
  expect(codes).toEqual(started === 0 ? ['INGESTION_INPUT_INVALID'] : []);
});
