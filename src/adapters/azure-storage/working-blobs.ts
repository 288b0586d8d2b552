import type { WorkingBlobs } from '../../ports/working-blobs';
import type { StorageClients } from './clients';
import { codeOf, statusOf } from './storage-errors';

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
