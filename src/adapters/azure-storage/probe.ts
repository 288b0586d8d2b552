import type { Probe } from '../../ports/probe';
import type { StorageClients } from './clients';

/** Asks for one container's properties: needs no more rights than the pipelines have anyway. */
export function createStorageProbe(clients: StorageClients, account: string, container: string): Probe {
  return {
    name: `storage account ${account}`,
    async check(signal) {
      await clients.blobs().getContainerClient(container).getProperties({ abortSignal: signal });
    },
  };
}
