import { bareEtag } from '../../domain/blob-events/blob-event';
import type { WorkingBlobs } from '../../ports/working-blobs';
import type { StorageClients } from './clients';
import { codeOf, statusOf } from './storage-errors';

/** As many as the service gives at most. */
const PAGE = 5_000;

/** {@link WorkingBlobs} in a container. */
export function createWorkingBlobs(clients: StorageClients, container: string): WorkingBlobs {
  const client = (name: string) => clients.blobs().getContainerClient(container).getBlockBlobClient(name);
  return {
    async put(name, bytes) {
      await client(name).uploadData(bytes);
    },
    async read(name, part) {
      if (part?.length === 0) return new Uint8Array();
      try {
        return await client(name).downloadToBuffer(part?.from ?? 0, part?.length);
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
    },
    async *list(prefix) {
      const pages = clients
        .blobs()
        .getContainerClient(container)
        .listBlobsFlat({ prefix })
        .byPage({ maxPageSize: PAGE });
      for await (const { segment } of pages)
        yield segment.blobItems.map(({ name, properties: { etag, lastModified } }) => ({
          ...{ name, etag: `"${bareEtag(etag)}"`, writtenAtMs: lastModified.getTime() },
        }));
    },
    async removeVersion({ name, etag }) {
      try {
        await client(name).delete({ conditions: { ifMatch: etag } });
        return true;
      } catch (error) {
        if (isMissing(error) || statusOf(error) === 412) return false;
        throw error;
      }
    },
    async remove(name) {
      try {
        await client(name).delete();
      } catch (error) {
        if (!isMissing(error)) throw error;
      }
    },
  };
}

/** A container that is missing is an outage, not an answer about the blob. */
function isMissing(error: unknown): boolean {
  return statusOf(error) === 404 && codeOf(error) !== 'ContainerNotFound';
}
