import type { Probe } from '../../ports/probe';
import type { StorageClients } from './clients';

/** Looks at one container and one table: needs no more rights than the pipelines have anyway, and loads what they will use. */
export function createStorageProbe(
  clients: StorageClients,
  account: string,
  look: { readonly container: string; readonly table: string },
): Probe {
  return {
    name: `storage account ${account}`,
    async check(signal) {
      const rows = clients.table(look.table).listEntities({ abortSignal: signal }).byPage({ maxPageSize: 1 });
      await Promise.all([
        clients.blobs().getContainerClient(look.container).getProperties({ abortSignal: signal }),
        rows.next(),
      ]);
    },
  };
}
