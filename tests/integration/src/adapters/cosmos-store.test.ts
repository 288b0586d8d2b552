/** The store on Cosmos DB against the in-process stand-in, whose vector search is the test driver's own. */
import { createCosmosDocumentStore, type CosmosStoreOptions } from '../../../../src/adapters/cosmos/document-store';
import { chunkItem } from '../../../../src/adapters/cosmos/items';
import type { DocumentStore } from '../../../../src/ports/document-store';
import { documentStoreContract } from '../../../contracts/document-store';
import { COSMOS_KEY, startCosmos, type CosmosUnderTest } from '../../../drivers/cosmos-under-test';
import { along, writtenModel, writtenVersion } from '../../../drivers/written-documents';

let cosmos: CosmosUnderTest;
beforeAll(async () => {
  cosmos = await startCosmos();
});
afterAll(() => cosmos.stop());
let databases = 0;
const make = (over: Partial<CosmosStoreOptions> = {}): DocumentStore =>
  createCosmosDocumentStore({
    endpoint: cosmos.endpoint,
    access: { kind: 'key', key: COSMOS_KEY },
    database: `made-${++databases}`,
    ...over,
  });

documentStoreContract('Cosmos DB', async () => {
  const store = make();
  const database = `made-${databases}`;
  return { store, again: async () => make({ database }) };
});

const throttled = { status: 429, headers: { 'x-ms-retry-after-ms': '1' } };

test('many chunks go in batches, and each comes again where the service is busy', async () => {
  const store = make();
  await store.prepare(writtenModel);
  const { record, embedded } = writtenVersion('a', 'v', 250);
  const before = cosmos.batches.length;
  cosmos.faults.push(throttled, throttled, {
    status: 207,
    body: [
      { statusCode: 429, requestCharge: 0, retryAfterMilliseconds: 1 },
      { statusCode: 424, requestCharge: 0 },
    ],
  });
  await store.putChunks(record, 'v', embedded);
  expect(
    cosmos.batches
      .slice(before)
      .map(({ operations }) => operations)
      .sort(),
  ).toEqual([100, 100, 50]);
  expect(await store.count()).toEqual({ documents: 0, chunks: 250 });
  cosmos.faults.push(throttled);
  expect(await store.replace(record, 'nothing')).toBe('replaced');
  expect(await store.removeChunks(record, 'v')).toBe(250);
  await store.close();
});

test('a store that is prepared is not asked again', async () => {
  const store = make();
  await store.prepare(writtenModel);
  cosmos.refuseAll = true;
  expect(await store.prepare(writtenModel)).toEqual({ kind: 'ready' });
  await expect(store.prepare({ ...writtenModel, name: 'another' })).rejects.toThrow();
  cosmos.refuseAll = false;
  expect(await store.prepare({ ...writtenModel, name: 'another' })).toEqual({ kind: 'mixed', holds: writtenModel });
  await store.close();
});

test('what fails is an exception, and can be done again', async () => {
  const store = make();
  await store.prepare(writtenModel);
  const { record, embedded } = writtenVersion('a', 'v', 3);
  cosmos.faults.push({ status: 500 });
  await expect(store.putChunks(record, 'v', embedded)).rejects.toThrow();
  cosmos.faults.push({
    status: 207,
    body: [
      { statusCode: 413, requestCharge: 0 },
      { statusCode: 424, requestCharge: 0 },
    ],
  });
  await expect(store.putChunks(record, 'v', embedded)).rejects.toThrow(/batch of 3 operations with 413/);
  await store.putChunks(record, 'v', embedded);
  cosmos.faults.push({ status: 500 });
  await expect(store.replace(record, 'nothing')).rejects.toThrow();
  expect(await store.replace(record, 'nothing')).toBe('replaced');
  expect(await store.search({ text: '', vector: along(0), k: 5 })).toHaveLength(3);
  await store.close();
});

test('two that remove the same chunks both end, and between them all are gone', async () => {
  const store = make();
  await store.prepare(writtenModel);
  const { record, embedded } = writtenVersion('a', 'v', 230);
  await store.putChunks(record, 'v', embedded);
  await Promise.all([store.removeChunks(record, 'v'), store.removeChunks(record, 'v')]);
  expect(await store.count()).toEqual({ documents: 0, chunks: 0 });
  await store.close();
});

test('a search asks again without what it found not to be seen, and only then', async () => {
  const store = make();
  await store.prepare(writtenModel);
  const { record, embedded } = writtenVersion('seen', 'v', 2);
  await store.putChunks(record, 'v', embedded);
  await store.replace(record, 'nothing');
  const asked = async (text: string): Promise<unknown[]> => {
    const before = cosmos.queries.length;
    expect(await store.search({ projectId: 'p', text, vector: along(0), k: 3 })).toHaveLength(2);
    return cosmos.queries
      .slice(before)
      .filter(({ query }) => text === '' || query.includes('FullText'))
      .map(({ parameters }) => parameters.find(({ name }) => name === '@hidden')?.value);
  };
  for (const text of ['', 'written']) expect(await asked(text)).toStrictEqual([undefined]);
  const hidden = writtenVersion('hidden', 'next', 100);
  await store.putChunks(
    hidden.record,
    'next',
    hidden.embedded.map((chunk) => ({ ...chunk, vector: along(0) })),
  );
  for (const text of ['', 'written'])
    expect(await asked(text)).toStrictEqual([undefined, [`${hidden.record.documentId}.next`]]);
  await store.close();
});

test('a search goes by meaning alone where the account has no keyword search, and says so once', async () => {
  const told: string[] = [];
  const store = make({ onWithoutKeywords: (reason) => told.push(reason) });
  await store.prepare(writtenModel);
  const { record, embedded } = writtenVersion('a', 'v', 3);
  await store.putChunks(record, 'v', embedded);
  await store.replace(record, 'nothing');
  const search = () => store.search({ text: 'written', vector: along(0), k: 5 });
  const scores = async (): Promise<number[]> => (await search()).map(({ score }) => score);
  cosmos.refuseKeywords = true;
  for (let i = 0; i < 2; i++) expect((await scores())[0]).toBe(0.5);
  expect(told).toEqual([expect.stringContaining('full-text search is not enabled')]);
  cosmos.refuseKeywords = false;
  expect((await scores())[0]).toBeGreaterThan(0.9);
  cosmos.refuseAll = true;
  await expect(search()).rejects.toThrow();
  cosmos.refuseAll = false;
  await store.close();
});

test('chunks of before keyword search are found as they lie there', async () => {
  const store = make();
  const database = `made-${databases}`;
  await store.prepare(writtenModel);
  const { record, embedded } = writtenVersion('a', 'v', 1);
  const [chunk] = embedded.map((of) => ({ ...of, headings: ['Title'] }));
  await store.putChunks(record, 'v', [chunk!]);
  await store.replace(record, 'nothing');
  const found = async (text: string): Promise<string[]> =>
    (await store.search({ text, vector: along(0), k: 5 })).map((hit) => hit.chunk.text);
  expect(await found('title')).toEqual([chunk!.text]);
  const { CosmosClient } = require('@azure/cosmos') as typeof import('@azure/cosmos');
  const client = new CosmosClient({ endpoint: cosmos.endpoint, key: COSMOS_KEY });
  const { textFrom: _, ...old } = chunkItem(record, 'v', { ...chunk!, headings: [] });
  await client
    .database(database)
    .container('documents')
    .items.upsert({ ...old, headings: ['Title'] });
  client.dispose();
  expect(await found('written')).toEqual([chunk!.text]);
  await store.close();
});

describe('prepare', () => {
  test('refuses a container that was made for something else', async () => {
    const store = make();
    const database = `made-${databases}`;
    await store.prepare(writtenModel);
    await store.close();
    // The note of the model is gone, the policy is not.
    const { CosmosClient } = require('@azure/cosmos') as typeof import('@azure/cosmos');
    const client = new CosmosClient({ endpoint: cosmos.endpoint, key: COSMOS_KEY });
    const container = client.database(database).container('documents');
    await container.item('model', ['$store', 'model']).delete();
    await client.database(database).containers.create({ id: 'other', partitionKey: { paths: ['/id'] } });
    client.dispose();
    const again = make({ database });
    await expect(again.prepare({ ...writtenModel, dimensions: 16 })).rejects.toThrow(
      /for vectors of 8 dimensions.* 16/,
    );
    expect(await again.prepare(writtenModel)).toEqual({ kind: 'ready' });
    const other = make({ database, container: 'other' });
    await expect(other.prepare(writtenModel)).rejects.toThrow(/partitioned by \/id, and has to be by/);
    await again.close();
    await other.close();
  });

  test('says what to do where it may not make containers', async () => {
    cosmos.refuseContainers = true;
    const store = make();
    await expect(store.prepare(writtenModel)).rejects.toThrow(/no container .*identity may not make one/);
    cosmos.refuseContainers = false;
    expect(await store.prepare(writtenModel)).toEqual({ kind: 'ready' });
    await store.close();
  });

  test('asks an identity for a token of the account, and sends none in the open', async () => {
    const scopes: (string | string[])[] = [];
    const credential = {
      getToken: async (scope: string | string[]) => {
        scopes.push(scope);
        return { token: 'of an identity', expiresOnTimestamp: Date.now() + 3_600_000 };
      },
    };
    const access = { kind: 'identity', credential: () => credential } as const;
    const open = make({ access });
    await expect(open.prepare(writtenModel)).rejects.toThrow(/not permitted for non-TLS/);
    // The stand-in speaks no TLS: what counts is that the token was asked for.
    const closed = make({ access, endpoint: cosmos.endpoint.replace('http:', 'https:') });
    await expect(closed.prepare(writtenModel)).rejects.toThrow(/SSL|EPROTO/);
    expect(new Set(scopes.flat())).toEqual(new Set([`${cosmos.endpoint.replace('http:', 'https:')}/.default`]));
    await open.close();
    await closed.close();
  });
});
