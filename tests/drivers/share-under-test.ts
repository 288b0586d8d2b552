/** The whole app with a share of real folders beside a real Azurite. */
import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { ContainerClient } from '@azure/storage-blob';
import { startApp, type AppUnderTest } from './app-under-test';
import type { StoragePlace } from './storage-under-test';

export const CONTAINER = 'ingest';

export interface ShareFolders {
  readonly incoming: string;
  readonly processing: string;
  readonly failed: string;
  readonly staging: string;
}

export interface ShareUnderTest {
  readonly app: AppUnderTest;
  readonly folders: ShareFolders;
  readonly container: ContainerClient;
  /** Writes a finished file into the incoming folder, an hour old. */
  drop(name: string, content: string | Uint8Array): void;
  /** Asks over HTTP; the body as JSON. */
  post(route: string, body?: unknown): Promise<{ status: number; body: Record<string, unknown> }>;
  status(): Promise<Record<string, unknown>>;
  /** Names of all blobs, in order. */
  blobs(): Promise<string[]>;
  /** Waits until status satisfies: other processes' work shows nowhere else. */
  untilStatus(done: (status: Record<string, unknown>) => boolean): Promise<Record<string, unknown>>;
}

export function shareFolders(root: string): ShareFolders {
  return {
    incoming: path.join(root, 'share', 'incoming'),
    processing: path.join(root, 'share', '.processing'),
    failed: path.join(root, 'share', '.failed'),
    staging: path.join(root, 'staging'),
  };
}

/** Settings that turn the pipeline on, quick enough for tests. */
export function shareSettings(place: StoragePlace, over: Readonly<Record<string, string>> = {}) {
  const folders = shareFolders(place.folder);
  mkdirSync(folders.incoming, { recursive: true });
  return {
    PIPELINES: 'nfs',
    APP_AZURE_ACCOUNT_URL: `http://127.0.0.1:${place.blobPort}/devstoreaccount1`,
    APP_AZURE_CONTAINER: CONTAINER,
    APP_AZURE_CONNECTION_STRING: place.connectionString,
    APP_NFS_INCOMING_DIR: folders.incoming,
    APP_NFS_PROCESSING_ROOT: folders.processing,
    APP_LOCAL_STAGING_ROOT: folders.staging,
    APP_POLL_INTERVAL_S: '0.2',
    APP_MIN_FILE_AGE_S: '0.5',
    ...over,
  };
}

export async function startShare(over: Readonly<Record<string, string>> = {}): Promise<ShareUnderTest> {
  const app = await startApp((place) => shareSettings(place, over));
  return shareOf(app);
}

export function shareOf(app: AppUnderTest): ShareUnderTest {
  const folders = shareFolders(app.storage.folder);
  const container = app.storage.clients.blobs().getContainerClient(CONTAINER);
  const status = async () => (await (await fetch(`${app.url}/v1/status`)).json()) as Record<string, unknown>;
  return {
    app,
    folders,
    container,
    drop: (name, content) => dropFile(folders.incoming, name, content),
    async post(route, body) {
      const answer = await fetch(`${app.url}${route}`, {
        method: 'POST',
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
    },
    status,
    async blobs() {
      const names: string[] = [];
      for await (const blob of container.listBlobsFlat()) names.push(blob.name);
      return names;
    },
    async untilStatus(done) {
      for (;;) {
        const now = await status();
        if (done(now)) return now;
      }
    },
  };
}

/** A finished file: whole at once, and an hour old. */
export function dropFile(folder: string, name: string, content: string | Uint8Array): void {
  const file = path.join(folder, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, content);
  const old = Date.now() / 1000 - 3600;
  utimesSync(file, old, old);
}

/** Relative paths of all files below a folder, in order; none where it is missing. Files may go while it looks. */
export function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .sort();
}
