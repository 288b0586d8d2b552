import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { startAzurite, type Azurite } from '../../local-host/storage/azurite';
import { createStorageClients, type StorageClients } from '../../src/adapters/azure-storage/clients';
import { provisionStorage } from '../../src/adapters/azure-storage/provision';
import { loadConfig, type Config } from '../../src/config/config';
import { storageLayout } from '../../src/domain/storage-layout';
import { freePorts } from './free-ports';

export interface StorageUnderTest {
  readonly clients: StorageClients;
  readonly config: Config;
  /** Settings that point an app at this storage. */
  readonly settings: Readonly<Record<string, string>>;
  /** Folder of its own, gone after `stop`. */
  readonly folder: string;
  /** Process of Azurite. */
  pids(): readonly number[];
  /** Takes the storage away, its data kept, until `back` resolves. */
  outage(back: () => Promise<void>): Promise<void>;
  stop(): Promise<void>;
}

/** What settings may be made of. */
export interface StoragePlace {
  readonly folder: string;
  readonly connectionString: string;
  readonly blobPort: number;
}

/** A real Azurite on free ports with everything the pipelines need. */
export async function startStorage(
  settings: Readonly<Record<string, string>> | ((storage: StoragePlace) => Readonly<Record<string, string>>) = {},
): Promise<StorageUnderTest> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-test-'));
  const [blob = 0, queue = 0, table = 0] = await freePorts(3);
  const options = { location: path.join(folder, 'azurite'), ports: { blob, queue, table } };
  let azurite: Azurite = await startAzurite(options);
  const given =
    typeof settings === 'function'
      ? settings({ folder, connectionString: azurite.connectionString, blobPort: blob })
      : settings;
  // No app under test may share its index with another.
  const own = {
    SQLITE_FILE: path.join(folder, 'documents.db'),
    ITEMS_STORE: 'sqlite',
    ITEMS_FILE: path.join(folder, 'items.db'),
  };
  const all = { ...own, AzureWebJobsStorage: azurite.connectionString, ...given };
  const loaded = loadConfig(all);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const clients = createStorageClients(loaded.config.storage);
  await provisionStorage(clients, storageLayout);
  return {
    clients,
    config: loaded.config,
    settings: all,
    folder,
    pids: () => [azurite.pid],
    async outage(back) {
      await azurite.stop();
      try {
        await back();
      } finally {
        azurite = await startAzurite(options);
      }
    },
    async stop() {
      await azurite.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
