import { PROCESSED_CONTAINER, processedName, type MediaItem } from '../domain/media/media-event';
import type { BlobStore } from '../ports/blob-store';

/** `etag`: of the copy from now on. */
export type TypeCopy = (input: {
  readonly item: MediaItem;
  readonly etag: string;
  readonly contentType: string;
}) => Promise<{ readonly etag: string }>;

/**
 * Gives the copy of a file that came by a signed URL the type that its content has: its client may have sent any. A copy that
 * is another one by now is left alone; the verification that follows sees that it is.
 */
export function createTypeCopy({ blobs }: { blobs: BlobStore }): TypeCopy {
  return async ({ item, etag, contentType }) => {
    const copy = { container: PROCESSED_CONTAINER, name: processedName(item.name) };
    const standing = await blobs.describe(copy);
    if (standing?.contentType === contentType) return { etag: standing.etag };
    if (standing?.etag !== etag) return { etag };
    const set = await blobs.setContentType({ ...copy, ifMatch: etag }, contentType);
    return { etag: set.kind === 'set' ? set.etag : etag };
  };
}
