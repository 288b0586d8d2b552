/**
 * `npm run reindex`: makes the index of documents anew, from the blobs. Where the embedding model is another than the index was made
 * with, the index is emptied first, for vectors of two models cannot be compared; where only the settings of chunks changed, each
 * document is replaced when its turn comes, and stays searchable until then. The app does the work, now or when it is started.
 */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import '../local-host/quiet-sqlite';
import { startEmbeddedStorage, type EmbeddedStorage } from '../local-host/storage/embedded-storage';
import { createBlobListing } from '../src/adapters/azure-storage/blob-listing';
import { createStorageClients } from '../src/adapters/azure-storage/clients';
import { createMessageQueue } from '../src/adapters/azure-storage/message-queue';
import { createDocumentStore, createEmbedder } from '../src/compose-ingestion';
import type { Config } from '../src/config/config';
import { checkSettings, checkStorage, EX_CONFIG } from '../src/preflight';
import { announceBlobs } from './local/announce-blobs';
import { indexFile, removeIndexFile } from './local/index-file';
import { effectiveEnvironment, localSettings } from './local/local-settings';
import { stateFolder, withRunningStorage } from './local/running-storage';
import { lockStart } from './local/start-lock';

const BLOB_PORT = 10_000;

const usage = `npm run reindex

Makes the index of documents anew, from the blobs of INGESTION_CONTAINER, by the settings of the environment and local.settings.json.
The app does the work, now or when it is started. Takes no options.`;

async function main(): Promise<number> {
  const [given] = process.argv.slice(2);
  if (given === '--help' || given === '-h') {
    console.log(usage);
    return 0;
  }
  if (given !== undefined) {
    console.error(`${given} is no option of it\n\n${usage}`);
    return 2;
  }
  const root = path.resolve(__dirname, '..', '..');
  const home = stateFolder(root);
  const environment = { ...withRunningStorage(effectiveEnvironment(localSettings(root)), home) };
  environment.SQLITE_FILE = indexFile(environment, home);
  const storage = /UseDevelopmentStorage=true/i.test(environment.AzureWebJobsStorage ?? '')
    ? await embeddedStorage(home)
    : undefined;
  try {
    const settings = checkSettings(environment);
    const ready = settings.ok ? await checkStorage(settings.config) : settings;
    if (!ready.ok) {
      for (const reason of ready.reasons) console.error(reason);
      return EX_CONFIG;
    }
    await emptyIfMixed(ready.config, home);
    const { storage: access, ingestion } = ready.config;
    const clients = createStorageClients(access);
    const ports = { listing: createBlobListing(clients), queue: createMessageQueue(clients) };
    const announced = await announceBlobs(ports, ingestion.container, ingestion.prefix);
    console.log(
      `${announced} blobs of ${ingestion.container} are to be taken in again; the app does it while it runs (GET /v1/status/ingestion).`,
    );
    return 0;
  } finally {
    await storage?.stop();
  }
}

async function emptyIfMixed({ ingestion }: Config, home: string): Promise<void> {
  const embedder = createEmbedder(ingestion.embedder);
  const store = createDocumentStore(ingestion.store);
  const ready = await store.prepare(embedder.model).finally(() => Promise.all([store.close(), embedder.close()]));
  if (ready.kind === 'ready') return;
  if (ingestion.store.kind === 'cosmos')
    throw new Error(
      `Cosmos DB holds vectors of ${ready.holds.name} (${ready.holds.dimensions} dimensions). Delete the container of database ${ingestion.store.database}, or name a new COSMOS_DATABASE, and run this again.`,
    );
  // An app that runs on it has it open.
  const run = path.join(home, 'run');
  mkdirSync(run, { recursive: true });
  const lock = lockStart(path.join(run, 'start.json'), 0);
  try {
    removeIndexFile(ingestion.store.file);
  } finally {
    lock.release();
  }
  const { name, dimensions } = ready.holds;
  console.log(
    `The index held vectors of ${name} (${dimensions} dimensions) and is empty now. Texts that came without a blob are gone with it.`,
  );
}

/** Started for as long as it is needed, or the one that runs. */
function embeddedStorage(home: string): Promise<EmbeddedStorage> {
  mkdirSync(path.join(home, 'run'), { recursive: true });
  return startEmbeddedStorage(
    {
      location: path.join(home, 'azurite'),
      ports: { blob: BLOB_PORT, queue: BLOB_PORT + 1, table: BLOB_PORT + 2 },
      pidFile: path.join(home, 'run', 'azurite.pid'),
    },
    () => undefined,
    (reason) => console.error(reason),
  );
}

main().then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  },
);
