/**
 * Documents and vectors in one container of Azure Cosmos DB for NoSQL: ADR 0013. A search asks by meaning and by keywords, and leaves out
 * what is not seen by reading the records of the documents that it found, which are the authority.
 */
import type {
  Container,
  ContainerDefinition,
  CosmosClient,
  CosmosClientOptions,
  ItemDefinition,
  Resource,
  SqlQuerySpec,
} from '@azure/cosmos';
import type { TokenCredential } from '@azure/core-auth';
import type { DocumentRecord, EmbeddingModel } from '../../domain/ingestion/document';
import { candidatesFor, fuseRankings } from '../../domain/ingestion/fuse-rankings';
import { wordsAsked } from '../../domain/ingestion/search-words';
import type { ChunkHit, ChunkQuery, DocumentKey, DocumentStore, StandingDocument } from '../../ports/document-store';
import { batchesOf, sendBatch } from './batches';
import { containerDefinition, PARTITION_PATHS, VECTOR_PATH, type CosmosVectorIndex } from './container-definition';
import {
  chunkItem,
  editionOf,
  hitOf,
  MODEL_PARTITION,
  modelItem,
  recordItem,
  type FoundChunk,
  type ModelItem,
  type RecordItem,
} from './items';
import { chunkIdsQuery, countQuery, keywordQuery, listQuery, nearestQuery, type SearchedChunks } from './queries';

export interface CosmosStoreOptions {
  /** Of the account, such as `https://NAME.documents.azure.com:443/`. */
  readonly endpoint: string;
  readonly access:
    | { readonly kind: 'identity'; readonly credential: () => TokenCredential }
    /** The explicit fallback. */
    | { readonly kind: 'key'; readonly key: string };
  /** Default `sluice`. */
  readonly database?: string;
  /** Default `documents`. One container holds the vectors of one model. */
  readonly container?: string;
  /** Of a container that is made here. Default `quantizedFlat`. */
  readonly index?: CosmosVectorIndex;
  /** Told once, when the account turns out to have no keyword search: searches go by meaning alone then. */
  readonly onWithoutKeywords?: (reason: string) => void;
}

/** Each way of a search asks again, without what it found not to be seen, this often at most. */
const SEARCH_ROUNDS = 8;
/** Chunks that are asked for beyond those wanted, since some may not be seen. */
const SPARE_CHUNKS = 20;
/** Batches under way at once for one call. */
const BATCHES_AT_ONCE = 2;

interface SeenChunk {
  readonly found: FoundChunk;
  readonly record: DocumentRecord;
}

export function createCosmosDocumentStore(options: CosmosStoreOptions): DocumentStore {
  const { database = 'sluice', container: name = 'documents', index = 'quantizedFlat' } = options;
  let client: CosmosClient | undefined;
  let ready: EmbeddingModel | undefined;
  let isTold = false;
  const connected = (): CosmosClient => (client ??= connect(options));
  const container = (): Container => connected().database(database).container(name);
  const partitionOf = ({ projectId, documentId }: DocumentKey): string[] => [projectId, documentId];
  const itemOf = (key: DocumentKey) => container().item(key.documentId, partitionOf(key));

  async function prepare(model: EmbeddingModel): ReturnType<DocumentStore['prepare']> {
    if (ready && isSame(ready, model)) return { kind: 'ready' };
    const definition = await readOrMakeContainer(
      connected(),
      database,
      containerDefinition(name, model.dimensions, index),
    );
    const { partitionKey } = definition;
    const paths = typeof partitionKey === 'object' ? partitionKey.paths.join(', ') : partitionKey;
    if (paths !== PARTITION_PATHS.join(', '))
      throw new Error(
        `The container ${database}/${name} is partitioned by ${paths ?? 'nothing'}, and has to be by ${PARTITION_PATHS.join(', ')}. Name another one.`,
      );
    const noted = container().item('model', MODEL_PARTITION);
    let holds = (await unlessMissing(noted.read<ModelItem>()))?.resource?.model;
    if (!holds) {
      const made = definition.vectorEmbeddingPolicy?.vectorEmbeddings.find(({ path }) => path === VECTOR_PATH);
      if (made?.dimensions !== model.dimensions)
        throw new Error(
          `The container ${database}/${name} was made for vectors of ${made?.dimensions ?? 'no'} dimensions, and the model ${model.name} has ${model.dimensions}. Name another container.`,
        );
      const created = await unlessStatus(409, container().items.create(modelItem(model)));
      holds = created ? model : (await noted.read<ModelItem>()).resource?.model;
    }
    if (!holds) throw new Error(`The note of the model in ${database}/${name} went away while it was made. Try again.`);
    if (!isSame(holds, model)) return { kind: 'mixed', holds };
    ready = model;
    return { kind: 'ready' };
  }

  async function find(key: DocumentKey): Promise<StandingDocument | undefined> {
    const item = (await unlessMissing(itemOf(key).read<RecordItem>()))?.resource;
    return item && { record: item.record, tag: item._etag };
  }

  async function removeChunks(key: DocumentKey, version: string): Promise<number> {
    const partitionKey = partitionOf(key);
    let removed = 0;
    for (;;) {
      const { resources: ids } = await container()
        .items.query<string>(chunkIdsQuery(editionOf(key, version)), { partitionKey })
        .fetchAll();
      if (ids.length === 0) return removed;
      for (const batch of batchesOf(ids.map((id) => ({ operationType: 'Delete', id })))) {
        // Somebody else removes the same: what is left is looked for again.
        if ((await sendBatch(container(), batch, partitionKey)) === 'missing') break;
        removed += batch.length;
      }
    }
  }

  async function search({ projectId, text, vector, k }: ChunkQuery): Promise<ChunkHit[]> {
    const wanted = candidatesFor(k);
    const words = wordsAsked(text);
    // Both ways go by one look at each record: of a document, one version is in the answer.
    const seen = visibleChunks(wanted, projectId);
    const rankings = await Promise.all([
      seen((most, searched) => nearestQuery(vector, most, searched)),
      words.length > 0 ? unlessRefused(seen((most, searched) => keywordQuery(vector, words, most, searched))) : [],
    ]);
    return fuseRankings(rankings, ({ found: { edition, ordinal } }) => `${edition}.${ordinal}`)
      .slice(0, k)
      .map(({ item: { found, record }, score }) => hitOf(found, record, score));
  }

  /** Asks for chunks until enough of them are seen, or there are no more; each time without the editions that were found not to be. */
  function visibleChunks(wanted: number, projectId: string | undefined) {
    const records = new Map<string, Promise<DocumentRecord | undefined>>();
    const recordOf = (found: FoundChunk): Promise<DocumentRecord | undefined> => {
      const id = JSON.stringify(partitionOf(found));
      const known = records.get(id) ?? find(found).then((standing) => standing?.record);
      records.set(id, known);
      return known;
    };
    return async (queryOf: (most: number, searched: SearchedChunks) => SqlQuerySpec): Promise<SeenChunk[]> => {
      const hidden = new Set<string>();
      const most = wanted + SPARE_CHUNKS;
      for (let round = 1; ; round++) {
        const query = queryOf(most, { projectId, hidden: [...hidden] });
        const { resources } = await container().items.query<FoundChunk>(query).fetchAll();
        const looked = await Promise.all(resources.map(async (found) => ({ found, record: await recordOf(found) })));
        const seen = looked.flatMap(({ found, record }) => {
          if (record?.version === found.version) return [{ found, record }];
          hidden.add(found.edition);
          return [];
        });
        if (seen.length >= wanted || resources.length < most || round === SEARCH_ROUNDS) return seen.slice(0, wanted);
      }
    };
  }

  /** An account may be without full-text search, which has to be switched on for it: better found by meaning than not at all. */
  async function unlessRefused(work: Promise<SeenChunk[]>): Promise<SeenChunk[]> {
    try {
      return await work;
    } catch (error) {
      if (statusOf(error) !== 400) throw error;
      if (!isTold) options.onWithoutKeywords?.((error as Error).message);
      isTold = true;
      return [];
    }
  }

  return {
    prepare,
    find,
    async list(projectId, limit, after) {
      const query = container().items.query<Pick<RecordItem, 'record' | 'place'> & Resource>(
        listQuery(projectId, limit + 1, after),
      );
      // Where nothing was made yet, there is nothing.
      const { resources } = (await unlessStatus(404, query.fetchAll())) ?? { resources: [] };
      const page = resources.slice(0, limit);
      const next = resources.length > limit ? page.at(-1)?.place : undefined;
      return {
        documents: page.map(({ record, _etag }) => ({ record, tag: _etag })),
        ...(next === undefined ? {} : { next }),
      };
    },
    async putChunks(key, version, chunks) {
      for (const { vector } of chunks)
        if (vector.length !== ready?.dimensions)
          throw new Error(
            `A vector of ${vector.length} dimensions does not go into a store of ${ready?.dimensions ?? 'none, since it was not prepared'}.`,
          );
      const batches = batchesOf(
        chunks.map((chunk) => ({
          operationType: 'Upsert',
          resourceBody: { ...chunkItem(key, version, chunk) } as never,
        })),
      );
      for (let at = 0; at < batches.length; at += BATCHES_AT_ONCE)
        await Promise.all(
          batches.slice(at, at + BATCHES_AT_ONCE).map((batch) => sendBatch(container(), batch, partitionOf(key))),
        );
    },
    async replace(record, expected) {
      const item = recordItem(record);
      const done =
        expected === 'nothing'
          ? await unlessStatus(409, container().items.create(item))
          : await unlessStatus(
              412,
              unlessMissing(
                itemOf(record).replace<RecordItem & ItemDefinition>(item, {
                  accessCondition: { type: 'IfMatch', condition: expected.tag },
                }),
              ),
            );
      return done ? 'replaced' : 'changed';
    },
    async remove(key, expected) {
      const options = { accessCondition: { type: 'IfMatch', condition: expected } };
      const done = await unlessStatus(412, unlessMissing(itemOf(key).delete(options)));
      return done ? 'removed' : 'changed';
    },
    removeChunks,
    search,
    async count() {
      const [documents, chunks] = await Promise.all(
        (['document', 'chunk'] as const).map(async (kind) => {
          const found = await unlessStatus(404, container().items.query<number>(countQuery(kind)).fetchAll());
          return found?.resources.reduce((sum, part) => sum + part, 0) ?? 0;
        }),
      );
      return { documents: documents ?? 0, chunks: chunks ?? 0 };
    },
    async close() {
      client?.dispose();
      client = undefined;
    },
  };
}

function isSame(a: EmbeddingModel, b: EmbeddingModel): boolean {
  return a.name === b.name && a.dimensions === b.dimensions;
}

/** The SDK is loaded at first use. */
function connect({ endpoint, access }: CosmosStoreOptions): CosmosClient {
  const { CosmosClient: Client } = require('@azure/cosmos') as typeof import('@azure/cosmos');
  const shared: CosmosClientOptions = {
    endpoint,
    connectionPolicy: {
      requestTimeout: 30_000,
      // The steps above wait durably: a call that is throttled for longer than this fails.
      retryOptions: { maxRetryAttemptCount: 9, maxWaitTimeInSeconds: 15 },
    },
  };
  return access.kind === 'identity'
    ? new Client({ ...shared, aadCredentials: access.credential() })
    : new Client({ ...shared, key: access.key });
}

/** Roles for data cannot make containers (https://learn.microsoft.com/azure/cosmos-db/how-to-connect-role-based-access-control). */
async function readOrMakeContainer(
  client: CosmosClient,
  database: string,
  definition: ReturnType<typeof containerDefinition>,
): Promise<ContainerDefinition> {
  const read = async () => (await unlessMissing(client.database(database).container(definition.id).read()))?.resource;
  const found = await read();
  if (found) return found;
  try {
    // 409: another instance was quicker.
    await unlessStatus(409, client.databases.createIfNotExists({ id: database }));
    await unlessStatus(409, client.database(database).containers.createIfNotExists(definition));
  } catch (error) {
    if (statusOf(error) !== 403) throw error;
    throw new Error(
      `There is no container ${database}/${definition.id} in Cosmos DB, and this identity may not make one. Deploy the infrastructure, which makes it, or check its name.`,
      { cause: error },
    );
  }
  const made = await read();
  if (!made) throw new Error(`The container ${database}/${definition.id} was made, and is not there.`);
  return made;
}

function unlessMissing<T extends { readonly statusCode: number }>(work: Promise<T>): Promise<T | undefined> {
  return unlessStatus(404, work).then((answer) => (answer?.statusCode === 404 ? undefined : answer));
}

async function unlessStatus<T>(status: number, work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (statusOf(error) === status) return undefined;
    throw error;
  }
}

function statusOf(error: unknown): number | undefined {
  const { code } = error as { code?: unknown };
  return typeof code === 'number' ? code : undefined;
}
