import { PROCESSED_CONTAINER, processedName, type MediaItem } from '../domain/media/media-event';
import type { BlobStore } from '../ports/blob-store';
import { copyResult, SOURCE_ETAG, type CopyMedia, type CopyResult } from './copy-media';

export type CheckCopy = (input: { readonly item: MediaItem; readonly copyId: string }) => Promise<CopyResult>;

/** Looks how a pending copy is doing. When it was another version's, this version's turn comes now. */
export function createCheckCopy({ blobs, copyMedia }: { blobs: BlobStore; copyMedia: CopyMedia }): CheckCopy {
  return async ({ item, copyId }) => {
    const standing = await blobs.describe({ container: PROCESSED_CONTAINER, name: processedName(item.name) });
    if (standing?.copy?.status === 'pending') return { kind: 'pending', copyId: standing.copy.id };
    const ours = standing?.copy?.id === copyId && (!item.etag || standing.metadata[SOURCE_ETAG] === item.etag);
    if (!standing?.copy || !ours) return copyMedia({ item });
    return copyResult(standing.copy.status, standing.copy.id, standing.etag);
  };
}
