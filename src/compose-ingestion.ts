/** The wiring of the text ingestion; part of composition.ts. */
import { setTimeout as delay } from 'node:timers/promises';
import { createBuryDocument } from './activities/bury-document';
import { createIndexBatch } from './activities/index-batch';
import { createPlanDocument } from './activities/plan-document';
import { createRemoveChunks } from './activities/remove-chunks';
import { createRemoveDocument } from './activities/remove-document';
import { createReplaceDocument } from './activities/replace-document';
import { createSettleDocument } from './activities/settle-document';
import { createAzureOpenAiEmbedder } from './adapters/azure-openai/embedder';
import { createBlobListing } from './adapters/azure-storage/blob-listing';
import { identity, type StorageClients } from './adapters/azure-storage/clients';
import { createSharedBreaker } from './adapters/azure-storage/shared-breaker';
import { createWorkingBlobs } from './adapters/azure-storage/working-blobs';
import { createCosmosDocumentStore } from './adapters/cosmos/document-store';
import { createPackagedEmbedder } from './adapters/packaged-model/embedder';
import { createSqliteDocumentStore } from './adapters/sqlite/document-store';
import { createCl100kCounter } from './adapters/tokenizer/cl100k-counter';
import type { Config } from './config/config';
import type { DocumentStoreAccess, EmbedderAccess } from './config/ingestion-config';
import { chunkText } from './domain/ingestion/chunk-text';
import { EMBEDDED_TEXT } from './domain/ingestion/embedded-text';
import { textKind } from './domain/ingestion/text-kind';
import { QUARANTINE_CONTAINER, tables, WORKING_CONTAINER } from './domain/storage-layout';
import { createContentRules } from './intake/ingestion/content-rules';
import { createCopyProven } from './intake/ingestion/copy-proven';
import { createEmbedderProbe, watchEmbedder } from './intake/ingestion/embedder-health';
import { forgetDocument } from './intake/ingestion/forget-document';
import { createIngestBlob } from './intake/ingestion/ingest-blob';
import { createIngestionStatus, gaugeWaiting } from './intake/ingestion/ingestion-status';
import { createQuarantineBlob } from './intake/ingestion/quarantine-blob';
import { createReconcileDocuments } from './intake/ingestion/reconcile-documents';
import { createIsReleased, createReleaseBlob } from './intake/ingestion/release-blob';
import { createReplayDocument } from './intake/ingestion/replay-document';
import { createSearchDocuments } from './intake/ingestion/search-documents';
import { shareEmbedding } from './intake/ingestion/shared-embedding';
import { createStoreProbe } from './intake/ingestion/store-probe';
import { createSweepWorkingTexts } from './intake/ingestion/sweep-working-texts';
import type { BlobStore } from './ports/blob-store';
import type { Clock } from './ports/clock';
import type { DeadLetterStore } from './ports/dead-letter-store';
import type { ItemNotes } from './ports/item-notes';
import type { DocumentStore } from './ports/document-store';
import type { Embedder } from './ports/embedder';
import type { Probe } from './ports/probe';
import type { PlainLogger } from './telemetry/logger';
import { observe } from './telemetry/meters';
import { attributes } from './telemetry/names';

export interface IngestionPorts {
  readonly clients: StorageClients;
  readonly blobs: BlobStore;
  readonly clock: Clock;
  readonly deadLetters: DeadLetterStore;
  readonly items: ItemNotes;
  readonly logger: PlainLogger;
}

/** The embedder that the settings name; nothing is loaded or asked before it is used. */
export function createEmbedder(access: EmbedderAccess): Embedder {
  if (access.kind === 'packaged') return createPackagedEmbedder();
  const { endpoint, deployment, model, apiKey } = access;
  return createAzureOpenAiEmbedder({
    ...{ endpoint, deployment, model },
    access:
      apiKey === undefined ? { kind: 'identity', credential: () => identity(undefined) } : { kind: 'key', key: apiKey },
  });
}

/** The store that the settings name; nothing is opened before it is used. */
export function createDocumentStore(access: DocumentStoreAccess, logger?: PlainLogger): DocumentStore {
  if (access.kind === 'sqlite') return createSqliteDocumentStore({ file: access.file });
  const { endpoint, database, vectorIndex, key } = access;
  return createCosmosDocumentStore({
    ...{ endpoint, database, index: vectorIndex },
    access: key === undefined ? { kind: 'identity', credential: () => identity(undefined) } : { kind: 'key', key },
    onWithoutKeywords: (reason) =>
      logger?.warn(
        'Cosmos DB refuses keyword search, and searches go by meaning alone: enable full-text search for the account (capability EnableNoSQLFullTextSearch)',
        { pipeline: 'ingestion', reason },
      ),
  });
}

export function composeIngestion(
  config: Config,
  { clients, blobs, clock, deadLetters, items, logger }: IngestionPorts,
) {
  const settings = config.ingestion;
  const { account } = config.storage;
  const stop = new AbortController();
  const sleep = (ms: number): Promise<void> => delay(ms, undefined, { signal: stop.signal });
  const monotonic = (): number => performance.now();
  const countTokens = createCl100kCounter();
  // A search asks by itself: behind the shared calls it would wait until documents have had their turn.
  const unshared = watchEmbedder(createEmbedder(settings.embedder), clock);
  const embedder = shareEmbedding(unshared, { countTokens });
  const store = createDocumentStore(settings.store, logger);
  const working = createWorkingBlobs(clients, WORKING_CONTAINER);
  const breaker =
    settings.breaker &&
    createSharedBreaker({ clients, clock }, { table: tables.breakers, name: 'embedder' }, settings.breaker);
  const bury = createBuryDocument({ deadLetters, logger });
  const chunking = chunkingName(settings.chunking);
  const copyProven = createCopyProven({ blobs, sleep });
  const marks = createWorkingBlobs(clients, QUARANTINE_CONTAINER);
  const ingest = createIngestBlob(
    {
      ...{ blobs, working, store, embedder, bury, items, clock, sleep, logger },
      rules: createContentRules(settings),
      quarantine: createQuarantineBlob({ blobs, copyProven, account }),
      isReleased: createIsReleased(marks),
      forget: forgetDocument,
    },
    { account, projectId: settings.projectId, chunking },
  );
  if (config.pipelines.has('ingestion')) {
    observe('indexSize', async () => {
      const { documents, chunks } = await store.count();
      return [
        { value: documents, attributes: { [attributes.kind]: 'documents' } },
        { value: chunks, attributes: { [attributes.kind]: 'chunks' } },
      ];
    });
    if (breaker)
      observe('breakerState', async () => {
        const { kind } = await breaker.look();
        return [{ value: ['closed', 'half-open', 'open'].indexOf(kind), attributes: {} }];
      });
  }
  const { tokens, overlap } = settings.chunking;
  return {
    ingest,
    replay: createReplayDocument(
      { ingest, bury, logger, release: createReleaseBlob({ blobs, marks, copyProven }) },
      settings,
    ),
    reconcile: createReconcileDocuments(
      { listing: createBlobListing(clients), blobs, store, forget: forgetDocument },
      settings,
    ),
    sweepWorkingTexts: createSweepWorkingTexts({ working, clock }, settings),
    search: createSearchDocuments({ embedder: unshared, store, monotonic }),
    forget: forgetDocument,
    documents: { find: store.find.bind(store), list: store.list.bind(store) },
    status: createIngestionStatus({ embedder, breaker, store }),
    gaugeWaiting,
    probes: [
      createStoreProbe(store, embedder.model, storeName(settings.store)),
      createEmbedderProbe({
        ...{ embedder: unshared, breaker, clock, name: embedderName(settings.embedder) },
        mayAsk: settings.embedder.kind === 'azure-openai',
      }),
    ] as readonly Probe[],
    /** By the names that orchestrations call them. */
    activities: {
      'plan-document': createPlanDocument({
        ...{ store, embedder, working, chunking, countTokens },
        cut: (text, { name, contentType }) =>
          chunkText(
            text,
            { kind: textKind(name, contentType), maxTokens: tokens, overlapTokens: overlap },
            countTokens,
          ),
        limits: { width: settings.concurrency, maxAttempts: settings.maxAttempts },
      }),
      'index-batch': createIndexBatch({ blobs, working, embedder, breaker, store, monotonic }),
      'replace-document': createReplaceDocument({ blobs, store, clock }),
      'settle-document': createSettleDocument({ store, working, items, clock, logger }),
      'bury-document': bury,
      'remove-document': createRemoveDocument({ store }),
      'remove-chunks': createRemoveChunks({ store }),
    },
    /** Lets what waits go, undone: the host calls again. */
    async stop(): Promise<void> {
      stop.abort();
      await Promise.all([embedder.close(), store.close()]);
    },
  };
}

function storeName(store: DocumentStoreAccess): string {
  return store.kind === 'sqlite'
    ? `document store ${store.file}`
    : `document store ${store.endpoint} ${store.database}`;
}

function embedderName(embedder: EmbedderAccess): string {
  return embedder.kind === 'packaged' ? 'packaged embedder' : `embedder ${embedder.endpoint} ${embedder.deployment}`;
}

/** Another one means other chunks of the same text: raise it when the chunker comes to cut otherwise. */
const CHUNKER = 'chunks-1';

function chunkingName({ tokens, overlap }: Config['ingestion']['chunking']): string {
  return `${CHUNKER}/${tokens}/${overlap}/${EMBEDDED_TEXT}`;
}
