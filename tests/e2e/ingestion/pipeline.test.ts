/**
 * Text ingestion on the whole app (T1 to T5): from a blob in `snippet-input` to a passage that a search finds, what is no text, what
 * should not be read, new versions, deletions, and a service that fails. The titles of the first part are the acceptance criteria of
 * source 002, by number; the fifth is in e2e/telemetry, the eighth in integration/infra, the ninth in unit.
 */
import { randomBytes } from 'node:crypto';
import type { DocumentRecord } from '../../../src/domain/ingestion/document';
import { startApp, type AppUnderTest } from '../../drivers/app-under-test';
import { startAzureOpenAi, type AzureOpenAiServer } from '../../drivers/azure-openai-under-test';
import { freePorts } from '../../drivers/free-ports';
import { ingestionClient, ingestionSettings, outcomeOf, putText } from '../../drivers/ingestion-under-test';
import { startOtlpSink, type OtlpSink } from '../../drivers/otlp-sink';

let server: AzureOpenAiServer;
let sink: OtlpSink;
let app: AppUnderTest;
let client: ReturnType<typeof ingestionClient>;
let metricsPort = 0;
let stopped: Promise<void> | undefined;
const stop = (): Promise<void> => (stopped ??= app.stop());

beforeAll(async () => {
  server = await startAzureOpenAi();
  sink = await startOtlpSink();
  [metricsPort = 0] = await freePorts(1);
  const telemetry = { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url, METRICS_PORT: String(metricsPort) };
  const small = { MAX_BLOB_MB: '1', CHUNK_TOKENS: '64', CHUNK_OVERLAP_TOKENS: '8' };
  app = await startApp(ingestionSettings(server, { ...small, ...telemetry }));
  client = ingestionClient(app.url);
}, 60_000);
afterAll(async () => {
  await stop();
  await sink.stop();
  await server.stop();
});

const put = (...args: Tail<typeof putText>): Promise<string> => putText(app.storage.clients, ...args);
/** The record that tells what became of this version. */
const settled = async (name: string, etag: string): Promise<string> => (await outcomeOf(app, name, etag)).outcome;
const blob = (container: string, name: string) =>
  app.storage.clients.blobs().getContainerClient(container).getBlockBlobClient(name);
const embedded = (): readonly string[] => server.requests.flatMap(({ body }) => body.input);
const documentOf = async (name: string): Promise<DocumentRecord | undefined> =>
  (await client.documents()).find((document) => document.name === name);

type Tail<F> = F extends (first: never, ...rest: infer R) => unknown ? R : never;

const GUIDE = `# API Documentation

## Authentication

Use Bearer tokens for API authentication.

\`\`\`python
headers = {"Authorization": "Bearer <token>"}
response = requests.get("/api/data", headers=headers)
\`\`\`

## Limits

Ten calls a second are allowed.
`;

describe('acceptance criteria of source 002', () => {
  it('1: Blob trigger activates on file upload to designated container', async () => {
    const etag = await put(
      'test_snippet.py',
      'def hello_world():\n    """A simple greeting function."""\n    return "success"\n',
    );
    await app.line(
      /^Executing 'Functions\.ingest_blob' \(Reason='New blob detected\(.*\): snippet-input\/test_snippet\.py'/,
    );
    expect(await settled('test_snippet.py', etag)).toBe('ingested');
    const [hit] = await client.search('a simple greeting function');
    expect(hit).toMatchObject({ name: 'test_snippet.py', projectId: 'default-project' });
  });

  it('4: Orchestration starts automatically for valid files', async () => {
    const etag = await put('docs/test_docs.md', GUIDE, { metadata: { uploaded_by: 'ann@example.org' } });
    const line = await app.line(/^Ingestion started orchestration id=ingestion-[0-9a-f]{64} for docs\/test_docs\.md$/);
    const id = /id=(\S+)/.exec(line)?.[1];
    expect(await settled('docs/test_docs.md', etag)).toBe('ingested');
    const status = await client.ask<{ name: string; input: { input: Record<string, unknown> } }>(
      `/runtime/webhooks/durabletask/instances/${id}?showInput=true`,
    );
    expect(status.name).toBe('embeddings_orchestrator');
    expect(status.input.input).toMatchObject({ projectId: 'default-project', name: 'docs/test_docs.md', text: GUIDE });

    const [hit] = await client.search('bearer tokens for authentication', '&k=1&projectId=default-project');
    expect(hit).toMatchObject({ name: 'docs/test_docs.md', headings: ['API Documentation', 'Authentication'] });
    expect(GUIDE.slice(hit!.start, hit!.end)).toBe(hit!.snippet);
    const document = await documentOf('docs/test_docs.md');
    expect(document).toMatchObject({ uploadedBy: 'ann@example.org', source: { etag }, characters: GUIDE.length });
    expect(await client.ask(`/v1/documents/${document!.documentId}`)).toEqual(document);
  });

  it('2: Content validation filters by file type and size limits', async () => {
    const before = app.lines.length;
    await put('large_file.txt', Buffer.alloc(5 * 1024 * 1024), { contentType: 'text/plain' });
    await put('test.bin', 'binary data');
    await app.line(/"Blob skipped".*large_file\.txt.*5 MB is more than the 1 MB of MAX_BLOB_MB/);
    await app.line(/"Blob skipped".*test\.bin/);
    // By its type, whatever its name.
    const etag = await put('NOTES', 'notes about zebras', { contentType: 'text/x-notes; charset=utf-8' });
    expect(await settled('NOTES', etag)).toBe('ingested');
    const started = app.lines.slice(before).filter((line) => line.startsWith('Ingestion started'));
    expect(started).toEqual([expect.stringMatching(/ for NOTES$/)]);
  });

  it('3: Text extraction handles various encodings gracefully', async () => {
    const utf16 = (text: string, order: 'le' | 'be'): Buffer => {
      const bytes = Buffer.from(`\uFEFF${text}`, 'utf16le');
      return order === 'le' ? bytes : bytes.swap16();
    };
    const texts: readonly [string, Uint8Array, RegExp][] = [
      ['unicode_test.py', Buffer.from('print("Hello 世界 🌍")\n'), /世界 🌍/],
      ['bom.md', Buffer.from('\uFEFFmarked walrus'), /^marked walrus$/],
      ['utf16le.txt', utf16('little walrus ü', 'le'), /^little walrus ü$/],
      ['utf16be.txt', utf16('big walrus ü', 'be'), /^big walrus ü$/],
      [
        'broken.txt',
        Buffer.concat([Buffer.from('broken walrus '), Buffer.from([0xff, 0xc3]), Buffer.from(' goes on')]),
        /walrus \uFFFD+ goes on/,
      ],
    ];
    for (const [name, bytes, expected] of texts) {
      expect(await settled(name, await put(name, bytes))).toBe('ingested');
      const words =
        name === 'unicode_test.py'
          ? 'hello 世界'
          : `${name
              .replace(/\..*/, '')
              .replace(/utf16le/, 'little')
              .replace(/utf16be/, 'big')
              .replace('bom', 'marked')} walrus`;
      const hit = (await client.search(words)).find((one) => one.name === name);
      expect([name, hit?.snippet]).toEqual([name, expect.stringMatching(expected)]);
    }
    await app.line(/"Text was not plain UTF-8".*utf16be\.txt.*big-endian/);
    await app.line(/"Text was not plain UTF-8".*broken\.txt.*replaced by U\+FFFD/);
  });

  it('6: Error handling manages failures without breaking the pipeline', async () => {
    const binary = Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0, 0, 0]);
    const zip = Buffer.from('504b0304140000000800', 'hex');
    // Made here, so that no scanner takes this file for one that holds a key.
    const secret = `AccountKey=${randomBytes(64).toString('base64')}`;
    const refused: readonly [string, Uint8Array | string, RegExp][] = [
      ['program.md', binary, /ELF/],
      ['archive.txt', zip, /zip archive/],
      ['nul.txt', 'text with\nNUL \0 inside', /NUL byte in line 2/],
      ['settings.md', `one\ntwo\nDefaultEndpointsProtocol=https;${secret}\n`, /Line 3 holds what looks like a key/],
    ];
    for (const [name, content] of refused) await put(name, content, { contentType: 'text/plain' });
    const empty = await put('empty.md', '');
    const after = await put('after.md', 'after all of these comes an ocelot');
    expect(await settled('after.md', after)).toBe('ingested');
    expect((await client.search('ocelot'))[0]).toMatchObject({ name: 'after.md' });
    await app.line(/"Blob skipped".*empty\.md.*no text in it/);
    expect(empty).not.toBe('');

    const letters = await app.until(async () => {
      const all = (await client.letters()).filter(({ code }) => code === 'CONTENT_QUARANTINED');
      return all.length === refused.length && all;
    });
    for (const [name, content, reason] of refused) {
      const letter = letters.find(({ keys }) => keys['name'] === name);
      expect([name, letter?.error]).toEqual([name, expect.stringMatching(reason)]);
      const copy = await blob('ingestion-quarantine', letter!.keys['quarantine'] ?? '').downloadToBuffer();
      expect(copy.equals(Buffer.from(content))).toBe(true);
      expect(await blob('snippet-input', name).exists()).toBe(false);
    }
    expect(app.lines.join('\n')).not.toContain(secret);
    expect(await documentOf('settings.md')).toBeUndefined();

    // Somebody says that it may be read: it is put back, and found.
    const { id, keys } = letters.find((letter) => letter.keys['name'] === 'settings.md')!;
    const replay = await fetch(`${app.url}/v1/dead-letters/${id}/replay`, { method: 'POST' });
    expect(await replay.json()).toMatchObject({ outcome: 'replayed', queue: 'ingestion-replays' });
    await app.until(() => documentOf('settings.md'));
    expect((await blob('snippet-input', 'settings.md').downloadToBuffer()).toString()).toContain(secret);
    expect(await blob('ingestion-quarantine', keys['quarantine'] ?? '').exists()).toBe(false);
    // What is no text cannot be read, whoever allows it.
    const program = letters.find((letter) => letter.keys['name'] === 'program.md')!.id;
    expect((await fetch(`${app.url}/v1/dead-letters/${program}/replay`, { method: 'POST' })).status).toBe(409);
    expect(app.lines.join('\n')).not.toContain(secret);
  });

  it('7: Custom metrics track business-relevant performance indicators', async () => {
    const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
    expect(text).toMatch(/^ProcessingDuration_count\{[^}]*"ingested"[^}]*\} [1-9]/m);
    // In seconds, with buckets that tell a quick one from a slow one.
    expect(text).toMatch(/^ProcessingDuration_bucket\{[^}]*le="2\.5"[^}]*\} [1-9]/m);
    expect(text).toMatch(/^sluice_items_total\{[^}]*"ingestion"[^}]*"ingested"[^}]*\} [1-9]/m);
    expect(text).toMatch(/^sluice_events_total\{[^}]*"ingestion"[^}]*"skipped"[^}]*\} [1-9]/m);
    for (const name of [
      'sluice_ingestion_chunks_total',
      'sluice_ingestion_tokens_total',
      'sluice_embedding_duration_count',
    ])
      expect([name, new RegExp(`^${name}\\{[^}]*\\} [1-9]`, 'm').test(text)]).toEqual([name, true]);
    expect(text).toMatch(/^sluice_index_size\{[^}]*"documents"[^}]*\} [1-9]/m);
  });
});

it('makes no embedding call for an unchanged upload, and replaces all chunks of a changed one', async () => {
  expect(await settled('again.md', await put('again.md', '# One\n\nAn axolotl swims.\n'))).toBe('ingested');
  const calls = server.requests.length;
  expect(await settled('again.md', await put('again.md', '# One\n\nAn axolotl swims.\n'))).toBe('unchanged');
  expect(server.requests).toHaveLength(calls);
  expect(await settled('again.md', await put('again.md', '# Two\n\nA capybara rests.\n'))).toBe('ingested');
  expect((await client.search('capybara rests'))[0]).toMatchObject({ name: 'again.md' });
  expect((await client.search('axolotl swims')).some(({ snippet }) => snippet.includes('axolotl'))).toBe(false);
});

it('finds by keywords what no vector tells, embeds passages below their titles, and takes any question', async () => {
  const text = '# Knobs\n\nRaise maxZetaLimit when lines grow.\n';
  expect(await settled('knobs.md', await put('knobs.md', text))).toBe('ingested');
  expect(embedded()).toContain(`Knobs\n\n${text}`);
  // Documents that were embedded otherwise are so no longer once they are seen again.
  expect((await documentOf('knobs.md'))?.chunking).toMatch(/\/titled-1$/);
  // The words of a name are no words of the vector that stands in for a model's.
  const hit = (await client.search('zeta')).find(({ name }) => name === 'knobs.md');
  expect(hit).toMatchObject({ headings: ['Knobs'], snippet: text });
  // First by keywords, and not last by meaning among the few documents here.
  expect(hit!.score).toBeGreaterThan(0.5);
  expect(hit!.similarity).toBeCloseTo(0, 5);
  expect((await client.search('raise maxZetaLimit'))[0]).toMatchObject({ name: 'knobs.md', score: 1 });
  expect(await client.search('zeta', '&projectId=another')).toEqual([]);
  for (const asked of ['"', 'NEAR(zeta', 'text:zeta AND', '漢字', '?!', `zeta ${'"'.repeat(1_900)}`])
    expect(await client.search(asked)).not.toEqual([]);
});

it('removes the documents of deleted blobs, and those that are deleted by hand', async () => {
  for (const name of ['doomed.md', 'spared.md', 'by-hand.md'])
    await settled(name, await put(name, `the quokka of ${name}`));
  await blob('snippet-input', 'doomed.md').delete();
  await client.reconcile();
  await app.until(async () => !(await documentOf('doomed.md')));
  const { documentId } = (await documentOf('by-hand.md'))!;
  const answer = await fetch(`${app.url}/v1/documents/${documentId}`, { method: 'DELETE' });
  expect(answer.status).toBe(202);
  await app.until(async () => !(await documentOf('by-hand.md')));
  expect((await fetch(`${app.url}/v1/documents/${documentId}`)).status).toBe(404);
  const names = (await client.search('quokka'))
    .filter(({ snippet }) => snippet.includes('quokka'))
    .map(({ name }) => name);
  expect(names).toEqual(['spared.md']);
});

it('keeps nothing of a blob that is deleted while it is ingested', async () => {
  server.faults.push({ status: 429, headers: { 'retry-after': '1' }, body: {} });
  const etag = await put('fleeting.md', 'a fleeting numbat');
  await app.until(async () => server.faults.length === 0);
  await blob('snippet-input', 'fleeting.md').delete();
  expect(await settled('fleeting.md', etag)).toBe('superseded');
  expect(await documentOf('fleeting.md')).toBeUndefined();
  expect(embedded().filter((text) => text.includes('numbat')).length).toBeLessThanOrEqual(1);
});

it('makes a dead letter of what the service refuses, and ingests it when it is replayed', async () => {
  server.faults.push({
    status: 400,
    body: { error: { code: 'content_filter', message: 'The content was filtered.', param: 'input' } },
  });
  await put('filtered.md', 'a filtered tapir');
  const letter = await app.until(async () =>
    (await client.letters()).find(({ keys }) => keys['name'] === 'filtered.md'),
  );
  expect(letter).toMatchObject({ code: 'EMBEDDING_REFUSED', keys: { blob: 'snippet-input/filtered.md' } });
  const replay = await fetch(`${app.url}/v1/dead-letters/${letter.id}/replay`, { method: 'POST' });
  expect(await replay.json()).toMatchObject({ outcome: 'replayed', queue: 'ingestion-replays' });
  await app.until(() => documentOf('filtered.md'));
  expect((await client.search('filtered tapir'))[0]).toMatchObject({ name: 'filtered.md' });
});

it('takes a text that somebody hands to the orchestration itself', async () => {
  const answer = await fetch(`${app.url}/runtime/webhooks/durabletask/orchestrators/embeddings_orchestrator`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ projectId: 'mine', name: 'by hand', text: 'a text about kakapos' }),
  });
  expect(answer.status).toBe(202);
  await app.until(async () => documentOf('by hand'));
  expect((await client.search('kakapos', '&projectId=mine'))[0]).toMatchObject({ name: 'by hand', projectId: 'mine' });
});

it.each([
  ['/v1/search', 400],
  ['/v1/search?q=', 400],
  ['/v1/search?q=x&k=0', 400],
  ['/v1/search?q=x&k=1e9', 400],
  [`/v1/search?q=${'x'.repeat(2_001)}`, 400],
  ['/v1/search?q=x&projectId=', 400],
  ['/v1/documents?limit=x', 400],
  ['/v1/documents?continuation=%00~', 400],
  ['/v1/documents?continuation=garbage', 400],
  ['/v1/documents/..%2F..%2Fx', 404],
  ['/v1/documents/AAAAAAAAAAAAAAAAAAAAAA', 404],
])('answers %s with %i', async (route, status) => {
  const answer = await fetch(app.url + route);
  expect(answer.status).toBe(status);
  expect(answer.headers.get('content-type')).toBe('application/problem+json');
});

it('sweeps working texts, and leaves those that are young', async () => {
  const young = blob('ingestion-work', 'snippet-input/ingestion-0/text');
  await young.upload('a text whose run is about to be started', 39);
  const answer = await fetch(`${app.url}/admin/functions/working-texts-swept`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  });
  expect(answer.status).toBe(202);
  await app.line(/^Executed 'Functions\.working-texts-swept' \(Succeeded/);
  expect(app.lines.filter((line) => line.includes('sweep of working texts failed'))).toEqual([]);
  expect(await young.exists()).toBe(true);
});

it('is ready when store and embedder answer', async () => {
  const calls = server.requests.length;
  const answer = await fetch(`${app.url}/readyz?pipeline=ingestion`);
  expect([answer.status, await answer.json()]).toEqual([200, { ready: true }]);
  // What the embedder answered last is enough.
  expect(server.requests).toHaveLength(calls);
});

it('shows its state', async () => {
  const status = await client.ask<Record<string, unknown>>('/v1/status/ingestion');
  expect(status).toMatchObject({
    embedder: { name: 'text-embedding-3-small', dimensions: 256 },
    breaker: { state: 'off' },
    waiting: 0,
    index: { documents: expect.any(Number), chunks: expect.any(Number) },
  });
});

it('a collector of OTLP gets the whole trace of a text, and its metrics', async () => {
  // Ending the app sends what is held.
  await stop();
  const started = sink.spans.find(
    ({ name, attributes }) =>
      name === 'process ingest_blob' && JSON.stringify(attributes).includes('docs/test_docs.md'),
  );
  const names = sink.spans.filter(({ traceId }) => traceId === started?.traceId).map(({ name }) => name);
  expect(names).toEqual(
    expect.arrayContaining([
      'activity plan-document',
      'activity index-batch',
      'activity replace-document',
      'activity settle-document',
    ]),
  );
  expect([...sink.metricNames]).toEqual(
    expect.arrayContaining(['ProcessingDuration', 'sluice.items', 'sluice.events']),
  );
});
