/**
 * Text ingestion while what it needs fails: an embedding service that fails at random, one that is down until the breaker opens and
 * then heals, a store that cannot be written, and a thousand small files at once. Nothing is lost, nothing is there twice.
 */
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { WORKING_CONTAINER } from '../../../src/domain/storage-layout';
import { startApp, type AppUnderTest } from '../../drivers/app-under-test';
import { startAzureOpenAi, type AzureOpenAiServer } from '../../drivers/azure-openai-under-test';
import { ingestionClient, ingestionSettings, putText } from '../../drivers/ingestion-under-test';
import { isSoak, scaled } from '../../drivers/scale';
import { SeededRandom } from '../../fakes/seeded-random';

const seed = Number(process.env.INGESTION_SEED ?? Math.floor(Math.random() * 2 ** 31));
const STORE_AWAY_MS = isSoak ? 60_000 : 3_000;

let server: AzureOpenAiServer;
let app: AppUnderTest;
let client: ReturnType<typeof ingestionClient>;
beforeAll(async () => {
  console.info(`outages of text ingestion: INGESTION_SEED=${seed}`);
  server = await startAzureOpenAi();
  const breaker = { ENABLE_CIRCUIT_BREAKER: '1', FAILURE_THRESHOLD: '5', CIRCUIT_OPEN_S: '1' };
  app = await startApp(ingestionSettings(server, { ...breaker, CHUNK_TOKENS: '64', CHUNK_OVERLAP_TOKENS: '8' }));
  client = ingestionClient(app.url);
}, 60_000);
afterAll(async () => {
  await app.stop();
  await server.stop();
});

const put = (name: string, content: string): Promise<string> => putText(app.storage.clients, name, content);

/** When so many runs have ended that began with this name; asked only when the log says something of that kind. */
async function ended(beginning: string, count: number): Promise<readonly string[]> {
  const of = (): string[] =>
    app.lines.filter((line) => line.includes('"Document settled"') && line.includes(`"name":"${beginning}`));
  return app.until(async () => {
    const lines = of();
    return lines.length >= count && lines;
  });
}

/** Each document is there once, whole, and can be found by the word that it alone has. */
async function expectWhole(names: ReadonlyMap<string, string>): Promise<void> {
  const documents = (await client.documents()).filter(({ name }) => names.has(name));
  expect(documents.map(({ name }) => name)).toEqual([...names.keys()].sort());
  for (const [name, word] of names) {
    const hits = await client.search(word, '&k=100');
    expect([name, hits.filter(({ snippet }) => snippet.includes(`${word}.`)).map((hit) => hit.name)]).toEqual([
      name,
      [name],
    ]);
  }
}

it(
  'ingests many small files at once, with fewer calls of the embedder than files',
  async () => {
    const count = scaled(1_000);
    const names = new Map(Array.from({ length: count }, (_, n) => [`many/${n}.md`, `aardvark${n}`] as const));
    const before = server.requests.length;
    await Promise.all([...names].map(([name, word]) => put(name, `A note on ${word}.`)));
    await ended('many/', count);
    expect(server.requests.length - before).toBeLessThan(count / 2);
    await expectWhole(names);
    const { waiting, index } = await client.ask<{ waiting: number; index: { chunks: number } }>('/v1/status/ingestion');
    expect({ waiting, chunks: index.chunks }).toEqual({ waiting: 0, chunks: count });
  },
  isSoak ? 900_000 : 120_000,
);

it(
  'cuts one line of millions of characters, and finds what stands at its end',
  async () => {
    const words = 'lorem ipsum dolor sit amet ';
    const line = `${words.repeat(Math.floor(scaled(9_000_000) / words.length))}${'pangolin '.repeat(60)}end`;
    await put('long-line.txt', line);
    await ended('long-line.txt', 1);
    const [hit] = await client.search('pangolin');
    expect(hit).toMatchObject({ name: 'long-line.txt', snippet: line.slice(hit?.start, hit?.end) });
    expect(hit?.snippet).toMatch(/pangolin/);
    // Its working copies are gone.
    const left: string[] = [];
    const working = app.storage.clients.blobs().getContainerClient(WORKING_CONTAINER);
    for await (const { name } of working.listBlobsFlat()) left.push(name);
    expect(left).toEqual([]);
  },
  isSoak ? 900_000 : 120_000,
);

it(
  'ingests all while the service fails three times in ten',
  async () => {
    const random = new SeededRandom(seed);
    server.nextFault = () => (random.chance(0.3) ? random.pick(['cut', { status: 500 }, { status: 503 }]) : undefined);
    const count = scaled(200);
    const names = new Map(Array.from({ length: count }, (_, n) => [`flaky/${n}.md`, `binturong${n}`] as const));
    for (const [name, word] of names) await put(name, `A note on ${word}.`);
    await ended('flaky/', count);
    server.nextFault = undefined;
    await expectWhole(names);
    expect(await client.letters()).toEqual([]);
  },
  isSoak ? 900_000 : 120_000,
);

it('opens the breaker while the service is down, drops nothing, and goes on when it is back', async () => {
  server.nextFault = () => ({ status: 500 });
  const names = new Map(Array.from({ length: 8 }, (_, n) => [`down/${n}.md`, `cassowary${n}`] as const));
  for (const [name, word] of names) await put(name, `A note on ${word}.`);
  interface Status {
    readonly waiting: number;
    readonly breaker: { readonly state: string; readonly retryAt?: string };
  }
  const open = await app.until(async () => {
    const status = await client.ask<Status>('/v1/status/ingestion');
    return status.breaker.state === 'open' && status;
  });
  expect(open.waiting).toBeGreaterThan(0);
  const ready = await fetch(`${app.url}/readyz?pipeline=ingestion`);
  expect([ready.status, await ready.json()]).toEqual([
    503,
    expect.objectContaining({ ready: false, backend: expect.stringMatching(/^embedder /) }),
  ]);
  expect(Date.parse(open.breaker.retryAt ?? '')).not.toBeNaN();
  // Several more tries are made one at a time, and fail.
  const before = server.requests.length;
  await app.until(async () => server.requests.length >= before + 3);
  expect(await client.letters()).toEqual([]);
  server.nextFault = undefined;
  await ended('down/', names.size);
  await expectWhole(names);
  const { breaker } = await client.ask<Status>('/v1/status/ingestion');
  expect(breaker).toEqual({ state: 'closed', failures: 0 });
}, 120_000);

it('waits for a store that cannot be written', async () => {
  const database = new DatabaseSync(path.join(app.storage.folder, 'documents.db'));
  database.exec('BEGIN EXCLUSIVE');
  const over = setTimeout(() => database.exec('ROLLBACK'), STORE_AWAY_MS);
  try {
    await put('away.md', 'A note on dugongs.');
    await ended('away.md', 1);
    await expectWhole(new Map([['away.md', 'dugongs']]));
    expect(await client.letters()).toEqual([]);
  } finally {
    clearTimeout(over);
    database.close();
  }
}, 240_000);
