/**
 * Text ingestion is killed with -9 in each of its steps by name, just before the step has an effect and just after, when nobody knows of
 * it yet: each document ends as its blob is, once and whole, what is refused is held and told once, and nothing is left over (issue 8).
 * The services that a step asks are this test's own, so that it can be caught in the act. `npm test` takes one side of each step.
 */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { CosmosClient } from '@azure/cosmos';
import { readDescriptor, writeDescriptor } from '../../../local-host/storage/azurite-descriptor';
import type { ChunkItem } from '../../../src/adapters/cosmos/items';
import { startAzureOpenAi, type AzureOpenAiServer } from '../../drivers/azure-openai-under-test';
import { blobFront, type BlobFront } from '../../drivers/blob-front';
import { COSMOS_KEY, startCosmos, type CosmosUnderTest } from '../../drivers/cosmos-under-test';
import { startHostProcess, type HostProcessUnderTest } from '../../drivers/host-process-under-test';
import { ingestionClient, ingestionSettings, putText } from '../../drivers/ingestion-under-test';
import type { GateSide, RequestGate } from '../../drivers/request-gate';
import { isSoak } from '../../drivers/scale';
import { startStorage, type StorageUnderTest } from '../../drivers/storage-under-test';
import { SeededRandom } from '../../fakes/seeded-random';

const ROUNDS = isSoak ? 5 : 1;
const seed = Number(process.env.INGESTION_SEED ?? Math.floor(Math.random() * 2 ** 31));
const random = new SeededRandom(seed);

interface Services {
  readonly embedder: AzureOpenAiServer;
  readonly cosmos: CosmosUnderTest;
  readonly blobs: BlobFront;
}

interface StepUnderTest {
  readonly gate: (services: Services) => RequestGate;
  readonly request: RegExp;
  /** Its text goes by reference. */
  readonly isLong?: boolean;
  /** Its text is refused. */
  readonly isRefused?: boolean;
}

/** Each by the one request that nothing else makes. */
const steps: Readonly<Record<string, StepUnderTest>> = {
  'taking in': { gate: (s) => s.blobs.gate, request: /^PUT .*\/ingestion-work\/.*\/text$/, isLong: true },
  plan: { gate: (s) => s.blobs.gate, request: /^PUT .*\/ingestion-work\/.*\/text-plan$/, isLong: true },
  'index-batch, embedding': { gate: (s) => s.embedder.gate, request: /^POST .*\/embeddings/ },
  'index-batch, storing': { gate: (s) => s.cosmos.gate, request: / Upsert/ },
  replace: { gate: (s) => s.cosmos.gate, request: /^PUT .*\/docs\// },
  'remove-old-chunks': { gate: (s) => s.cosmos.gate, request: / Delete/ },
  settle: { gate: (s) => s.blobs.gate, request: /^DELETE .*\/ingestion-work\/.*\/text$/, isLong: true },
  'quarantine copy': { gate: (s) => s.blobs.gate, request: /^PUT .*\/ingestion-quarantine\/held/, isRefused: true },
  'quarantine delete': { gate: (s) => s.blobs.gate, request: /^DELETE .*\/snippet-input\//, isRefused: true },
};

interface Case extends StepUnderTest {
  readonly title: string;
  readonly side: GateSide;
  readonly blob: string;
}

const sides: readonly GateSide[] = ['request', 'answer'];
const cases: readonly Case[] = Array.from({ length: ROUNDS }, (_, round) => round).flatMap((round) =>
  Object.entries(steps).flatMap(([step, about]) =>
    (isSoak ? sides : [random.pick(sides)]).map((side) => ({
      ...about,
      ...{ title: `${step}, ${side === 'request' ? 'before' : 'after'} its effect`, side },
      blob: `${step.replace(/\W+/g, '-')}-${side}-${round}.md`,
    })),
  ),
);

// Made here, so that no scanner takes this file for one that holds a key.
const secret = `AccountKey=${Buffer.from(Array.from({ length: 64 }, (_, i) => (i * 89 + 7) % 256)).toString('base64')}`;

/** Words that no other document has, `lines` of them. */
const textOf = (word: string, lines: number): string =>
  Array.from({ length: lines }, (_, n) => `The ${word} number ${n} is told apart by its line.\n\n`).join('');
const contentOf = ({ isLong, isRefused, blob }: Case, version: string): string =>
  isRefused
    ? `${blob}\n${secret}\n`
    : textOf(`${version}${cases.findIndex((one) => one.blob === blob)}`, isLong ? 1_100 : 12);

const services = {} as { -readonly [S in keyof Services]: Services[S] };
let storage: StorageUnderTest;
let folder: string;
let host: HostProcessUnderTest;

/** Asks until it is so: what happens is in another process, which tells nobody. */
async function until(look: () => Promise<boolean>): Promise<void> {
  while (!(await look())) await new Promise((resolve) => setTimeout(resolve, 100));
}

const restart = async (): Promise<void> => void (host = await startHostProcess(storage.settings, folder));
const put = (name: string, content: string): Promise<string> => putText(storage.clients, name, content);
const isIngested = async (name: string, etag: string): Promise<boolean> =>
  (await ingestionClient(host.url).documents()).some((one) => one.name === name && one.source?.etag === etag);
const isIdle = async (): Promise<boolean> =>
  (await ingestionClient(host.url).ask<{ waiting: number }>('/v1/status/ingestion')).waiting === 0;
/** As they lie in the store, in the order of their ordinals. */
async function chunksOf(documentId: string): Promise<readonly ChunkItem[]> {
  const client = new CosmosClient({ endpoint: services.cosmos.endpoint, key: COSMOS_KEY });
  const query = `SELECT * FROM c WHERE c.kind = 'chunk' AND c.documentId = '${documentId}'`;
  const { resources } = await client.database('sluice').container('documents').items.query<ChunkItem>(query).fetchAll();
  client.dispose();
  return resources.sort((a, b) => a.ordinal - b.ordinal);
}
const lettersOf = async (name: string) =>
  (await ingestionClient(host.url).letters()).filter(({ keys }) => keys['name'] === name);

async function namesIn(container: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of storage.clients.blobs().getContainerClient(container).listBlobsFlat()) names.push(name);
  return names;
}

beforeAll(async () => {
  console.info(`kills in each step of text ingestion: INGESTION_SEED=${seed}`);
  services.embedder = await startAzureOpenAi();
  services.cosmos = await startCosmos();
  services.blobs = await blobFront();
  storage = await startStorage((place) => ({
    ...ingestionSettings(services.embedder, { CHUNK_TOKENS: '64', CHUNK_OVERLAP_TOKENS: '8', LOG_LEVEL: 'warn' }),
    AzureWebJobsStorage: services.blobs.before(place),
    COSMOS_ENDPOINT: services.cosmos.endpoint,
    COSMOS_KEY,
    // What a process that was killed took with it in a queue's trigger is hidden for this long.
    AzureFunctionsJobHost__extensions__queues__visibilityTimeout: '00:00:01',
  }));
  folder = path.join(storage.folder, 'host');
  mkdirSync(path.join(folder, 'azurite'), { recursive: true });
  // The host hears of new blobs at once by the log of the storage behind the front.
  const { ports, ...served } = readDescriptor(path.join(storage.folder, 'azurite'))!;
  writeDescriptor(path.join(folder, 'azurite'), { ...served, ports: { ...ports, blob: services.blobs.port } });
  await restart();
  // What is replaced, and removed, later.
  const first = new Map<string, string>();
  for (const one of cases)
    if (!one.isRefused) first.set(one.blob, await put(one.blob, contentOf({ ...one, isLong: false }, 'old')));
  for (const [name, etag] of first) await until(() => isIngested(name, etag));
  await until(isIdle);
}, 120_000);

afterAll(async () => {
  await host.kill();
  await services.embedder.stop();
  await services.cosmos.stop();
  await services.blobs.stop();
  await storage.stop();
});

it.each(cases)(
  'killed in $title: $blob is there once and whole',
  async (one) => {
    const caught = one.gate(services).catchNext(one.request, one.side);
    const content = contentOf(one, 'new');
    const etag = await put(one.blob, content);
    await caught;
    await host.kill();
    await restart();
    if (one.isRefused) {
      await until(
        async () => (await lettersOf(one.blob)).length > 0 && !(await namesIn('snippet-input')).includes(one.blob),
      );
      return;
    }
    await until(async () => (await isIngested(one.blob, etag)) && (await isIdle()));
    const document = (await ingestionClient(host.url).documents()).find(({ name }) => name === one.blob)!;
    // Each chunk once, of the version that is seen and of no other, from the beginning of the text to its end.
    const chunks = await chunksOf(document.documentId);
    expect(chunks.map(({ version, ordinal }) => [version, ordinal])).toEqual(
      Array.from({ length: document.chunks }, (_, ordinal) => [document.version, ordinal]),
    );
    let covered = 0;
    for (const { textStart, textEnd, contextStart, text } of chunks) {
      expect(text).toBe(content.slice(contextStart, textEnd));
      expect(textStart).toBeLessThanOrEqual(covered);
      covered = textEnd;
    }
    expect(content.slice(covered).trim()).toBe('');
  },
  60_000,
);

it('leaves nothing over: no chunks that nobody sees, no working text, each refused blob held and told once', async () => {
  const client = ingestionClient(host.url);
  const documents = await client.documents();
  expect(documents.map(({ name }) => name).sort()).toEqual(
    cases
      .filter(({ isRefused }) => !isRefused)
      .map(({ blob }) => blob)
      .sort(),
  );
  const { index } = await client.ask<{ index: { chunks: number } }>('/v1/status/ingestion');
  expect(index.chunks).toBe(documents.reduce((sum, { chunks }) => sum + chunks, 0));
  expect(await namesIn('ingestion-work')).toEqual([]);
  const refused = cases.filter(({ isRefused }) => isRefused).map(({ blob }) => blob);
  const letters = await client.letters();
  expect(letters.map(({ code, keys }) => [code, keys['name']]).sort()).toEqual(
    refused.map((blob) => ['CONTENT_QUARANTINED', blob]).sort(),
  );
  expect((await namesIn('ingestion-quarantine')).sort()).toEqual(letters.map(({ keys }) => keys['quarantine']).sort());
  for (const { keys } of letters) {
    const held = storage.clients
      .blobs()
      .getContainerClient('ingestion-quarantine')
      .getBlobClient(keys['quarantine'] ?? '');
    expect((await held.downloadToBuffer()).toString()).toBe(`${keys['name']}\n${secret}\n`);
  }
});
