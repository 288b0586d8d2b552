import { bareEtag } from '../../domain/blob-events/blob-event';
import type { BlobListing } from '../../ports/blob-listing';
import type { StorageClients } from './clients';

/** As many as the service gives at most. */
const PAGE = 5_000;

/** {@link BlobListing} of Azure Blob Storage. Folders of accounts with a hierarchical namespace, which are listed too, are left out. */
export function createBlobListing(clients: StorageClients): BlobListing {
  return {
    async *pages(container) {
      const pages = clients
        .blobs()
        .getContainerClient(container)
        .listBlobsFlat({ includeMetadata: false })
        .byPage({ maxPageSize: PAGE });
      for await (const { segment } of pages)
        yield segment.blobItems
          .filter(({ properties }) => !isFolder(properties))
          .map(({ name, properties }) => ({ name, etag: bareEtag(properties.etag) }));
    },
  };
}

/** https://learn.microsoft.com/rest/api/storageservices/list-blobs: `ResourceType`, which the SDK's types leave out. */
function isFolder(properties: object): boolean {
  const { ResourceType, resourceType } = properties as {
    readonly ResourceType?: unknown;
    readonly resourceType?: unknown;
  };
  return (ResourceType ?? resourceType) === 'directory';
}
