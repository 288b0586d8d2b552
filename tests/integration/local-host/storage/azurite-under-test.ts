import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { startAzurite, type Azurite } from '../../../../local-host/storage/azurite';
import type { AzuritePorts } from '../../../../local-host/storage/azurite-descriptor';
import { storageConnection, type StorageConnection } from '../../../../local-host/storage/connection';
import { freePorts } from '../../../drivers/free-ports';

export interface AzuriteUnderTest {
  /** Folder with `azurite/` and the host's `host/`. */
  readonly home: string;
  readonly stateDir: string;
  readonly ports: AzuritePorts;
  readonly values: Readonly<Record<string, string>>;
  readonly connection: StorageConnection;
  readonly azurite: Azurite;
  /** Ends Azurite and leaves its data. */
  goAway(): Promise<void>;
  comeBack(): Promise<void>;
  /** Ends Azurite and removes everything. */
  stop(): Promise<void>;
}

/** A real Azurite of its own, on free ports. */
export async function azuriteUnderTest(): Promise<AzuriteUnderTest> {
  const home = mkdtempSync(path.join(os.tmpdir(), 'local-host-storage-'));
  const stateDir = path.join(home, 'host');
  mkdirSync(stateDir);
  const [blob = 0, queue = 0, table = 0] = await freePorts(3);
  const ports = { blob, queue, table };
  const start = (): Promise<Azurite> => startAzurite({ location: path.join(home, 'azurite'), ports });
  let azurite = await start();
  const values = { AzureWebJobsStorage: azurite.connectionString };
  return {
    ...{ home, stateDir, ports, values, connection: storageConnection({ values }) },
    get azurite() {
      return azurite;
    },
    goAway: () => azurite.stop(),
    async comeBack() {
      azurite = await start();
    },
    async stop() {
      await azurite.stop();
      rmSync(home, { recursive: true, force: true });
    },
  };
}
