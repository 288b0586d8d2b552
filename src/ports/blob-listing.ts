import type { ListedBlob } from '../domain/blob-events/segments';

/** Names and versions of a container's blobs. */
export interface BlobListing {
  /** All blobs, page by page, in the service's order; what changes meanwhile may or may not be seen. */
  pages(container: string): AsyncIterable<readonly ListedBlob[]>;
}
