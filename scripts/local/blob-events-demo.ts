/** Demo blobs put into `incoming`, as anybody would put them, and watched until each is in `processed`. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createStorageClients } from '../../src/adapters/azure-storage/clients';
import type { StorageAccess } from '../../src/config/storage-access';
import { blobEventOf, INCOMING_CONTAINER, versionId } from '../../src/domain/blob-events/blob-event';

export interface BlobEventsDemo {
  readonly moved: number;
  readonly put: number;
  readonly lines: readonly string[];
}

/** Undefined when an earlier start did it. */
export async function runBlobEventsDemo(
  base: string,
  access: StorageAccess,
  folder: string,
  stateFile: string,
  limitMs: number,
  signal: AbortSignal,
): Promise<BlobEventsDemo | undefined> {
  if (existsSync(stateFile)) return undefined;
  const blobs = createStorageClients(access).blobs();
  const waiting = new Map<string, string>();
  for (const file of readdirSync(folder).sort()) {
    const name = `demo/${file}`;
    const bytes = readFileSync(path.join(folder, file));
    const { etag = '' } = await blobs
      .getContainerClient(INCOMING_CONTAINER)
      .getBlockBlobClient(name)
      .upload(bytes, bytes.length);
    waiting.set(name, blobEventOf(versionId(access.account, INCOMING_CONTAINER, name, etag), name, Date.now()).dest);
  }
  const put = waiting.size;
  writeFileSync(stateFile, JSON.stringify({ put }));
  await scanNow(base);
  const lines: string[] = [];
  for (const end = Date.now() + limitMs; waiting.size > 0 && Date.now() < end && !signal.aborted;) {
    for (const [name, dest] of waiting) {
      const cut = dest.indexOf('/');
      if (
        !(await blobs
          .getContainerClient(dest.slice(0, cut))
          .getBlobClient(dest.slice(cut + 1))
          .exists())
      )
        continue;
      lines.push(`${path.basename(name).padEnd(12)} moved      ${dest}`);
      waiting.delete(name);
    }
    await delay(200, undefined, { signal }).catch(() => undefined);
  }
  return { moved: put - waiting.size, put, lines: lines.sort() };
}

/** Spares the demo the wait for the timer; where the host asks for a key, it waits. */
async function scanNow(base: string): Promise<void> {
  await fetch(`${base}/admin/functions/incoming-scanned`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  });
}
