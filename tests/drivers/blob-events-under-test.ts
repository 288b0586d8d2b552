/** What tests of blob events share: blobs in `incoming`, a scan at once, and what came of them. */
import { versionId, INCOMING_CONTAINER } from '../../src/domain/blob-events/blob-event';
import type { StorageClients } from '../../src/adapters/azure-storage/clients';
import { PROCESSED_CONTAINER } from '../../src/domain/media/media-event';

/** Puts a blob and gives the ETag of its version, quoted. */
export async function putIncoming(
  clients: StorageClients,
  name: string,
  content: string | Buffer,
  metadata: Record<string, string> = {},
): Promise<string> {
  const blob = clients.blobs().getContainerClient(INCOMING_CONTAINER).getBlockBlobClient(name);
  const answer = await blob.upload(content, Buffer.byteLength(content), { metadata });
  return answer.etag ?? '';
}

/** Starts the scan as an operator would; resolves when the host took the order. */
export async function scanNow(url: string): Promise<void> {
  const answer = await fetch(`${url}/admin/functions/incoming-scanned`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  });
  if (answer.status !== 202) throw new Error(`the scan was answered ${answer.status}: ${await answer.text()}`);
}

/** Names in a container. */
export async function namesIn(clients: StorageClients, container: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of clients.blobs().getContainerClient(container).listBlobsFlat()) names.push(name);
  return names;
}

/** What a version became in `processed`; undefined while it is not there. */
export async function movedBlob(
  clients: StorageClients,
  account: string,
  name: string,
  etag: string,
): Promise<{ readonly text: string; readonly metadata: Readonly<Record<string, string>> } | undefined> {
  const id = versionId(account, INCOMING_CONTAINER, name, etag);
  const blob = clients
    .blobs()
    .getContainerClient(PROCESSED_CONTAINER)
    .getBlobClient(`${id}-${name.slice(name.lastIndexOf('/') + 1)}`);
  if (!(await blob.exists())) return undefined;
  const { metadata = {} } = await blob.getProperties();
  return { text: (await blob.downloadToBuffer()).toString(), metadata };
}
