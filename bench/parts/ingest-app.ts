/** The whole app with text ingestion alone: Azurite and a stub of the embedding service in processes of their own, vectors in SQLite. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { startHost, type HostHandle } from '../../local-host';
import { startAzurite } from '../../local-host/storage/azurite';
import { createStorageClients, type StorageClients } from '../../src/adapters/azure-storage/clients';
import { provisionStorage } from '../../src/adapters/azure-storage/provision';
import { loadConfig, type Config } from '../../src/config/config';
import { hostSettingsFrom } from '../../src/config/host-settings';
import { INGESTION_CONTAINER, storageLayout } from '../../src/domain/storage-layout';
import { freePorts } from './free-ports';
import { startPart } from './processes';
import { processCpuMs } from './storage-calls';

const root = path.resolve(__dirname, '..', '..', '..');

export interface IngestionApp {
  readonly config: Config;
  readonly host: HostHandle;
  /** Of the app's worker. */
  readonly worker: number;
  /** A folder of its own, gone after `stop`. */
  readonly folder: string;
  put(name: string, text: string): Promise<void>;
  /** Resolves when so many documents more have settled than when it was asked. */
  settled(count: number): Promise<void>;
  /** Milliseconds of processor time so far, by process: `here` is the host, and whoever measures. */
  cpuMs(): Readonly<Record<'here' | 'worker' | 'azurite' | 'embedder', number>>;
  stop(): Promise<void>;
}

export async function startIngestionApp(): Promise<IngestionApp> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-bench-'));
  const [blob = 0, queue = 0, table = 0] = await freePorts(3);
  const azurite = await startAzurite({ location: path.join(folder, 'azurite'), ports: { blob, queue, table } });
  const embedder = await startPart('stub-embedder');
  const given = {
    AzureWebJobsStorage: azurite.connectionString,
    PIPELINES: 'ingestion',
    AZURE_OPENAI_ENDPOINT: embedder.url,
    AZURE_OPENAI_API_KEY: 'k'.repeat(32),
    AZURE_OPENAI_DIMENSIONS: '256',
    SQLITE_FILE: path.join(folder, 'documents.db'),
    // It runs when it is told to.
    INGESTION_RECONCILE_SCHEDULE: '0 0 0 1 1 *',
  };
  const loaded = loadConfig(given);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const clients: StorageClients = createStorageClients(loaded.config.storage);
  await provisionStorage(clients, storageLayout);
  let settledSoFar = 0;
  const waits = new Set<() => void>();
  const host = await startHost({
    scriptRoot: root,
    port: 0,
    settings: { ...given, ...hostSettingsFrom(loaded.config) },
    // Beside Azurite's folder: there the host hears of new blobs.
    stateDir: path.join(folder, 'host'),
    log: ({ message }) => {
      if (!message.includes('"Document settled"')) return;
      settledSoFar++;
      for (const look of [...waits]) look();
    },
  });
  const others = [azurite.pid, embedder.pid];
  const children = readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8').trim().split(' ');
  const worker = children.map(Number).find((pid) => !others.includes(pid)) ?? 0;
  const container = clients.blobs().getContainerClient(INGESTION_CONTAINER);
  return {
    ...{ config: loaded.config, host, worker, folder },
    async put(name, text) {
      const options = { blobHTTPHeaders: { blobContentType: 'text/markdown' } };
      await container.getBlockBlobClient(name).upload(text, Buffer.byteLength(text), options);
    },
    settled(count) {
      const wanted = settledSoFar + count;
      return new Promise((resolve) => {
        const look = (): void => {
          if (settledSoFar < wanted) return;
          waits.delete(look);
          resolve();
        };
        waits.add(look);
        look();
      });
    },
    cpuMs: () => ({
      here: processCpuMs(process.pid),
      worker: processCpuMs(worker),
      azurite: processCpuMs(azurite.pid),
      embedder: processCpuMs(embedder.pid),
    }),
    async stop() {
      await host.stop();
      await embedder.stop();
      await azurite.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
