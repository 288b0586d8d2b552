import { isAllowedType } from '../domain/media/file-type';
import type { MediaItem } from '../domain/media/media-event';
import type { BlobStore } from '../ports/blob-store';
import { SIGNATURE_BYTES, type SignatureReader } from '../ports/signature';

export type InspectResult =
  /** `contentType`: what the content is, where that can be told. */
  | { readonly kind: 'accepted'; readonly contentType?: string }
  | { readonly kind: 'vanished' | 'superseded' }
  | { readonly kind: 'rejected'; readonly code: 'FILE_TYPE_REFUSED' | 'FILE_SIZE_WRONG'; readonly reason: string };

/** `size`: bytes that were announced. */
export type InspectMedia = (input: { readonly item: MediaItem; readonly size: number }) => Promise<InspectResult>;

/** Holds a blob that went straight into storage to the rules that `POST /upload` applies while it reads (M1b). */
export function createInspectMedia(
  { blobs, signatures }: { blobs: BlobStore; signatures: SignatureReader },
  { allowedTypes }: { readonly allowedTypes: readonly string[] },
): InspectMedia {
  return async ({ item, size }) => {
    const found = await blobs.describe(item);
    if (!found) return { kind: 'vanished' };
    if (found.etag !== item.etag) return { kind: 'superseded' };
    if (found.length !== size) {
      const reason = `The file has ${found.length} bytes; ${size} were announced.`;
      return { kind: 'rejected', code: 'FILE_SIZE_WRONG', reason };
    }
    const head = await blobs.read({ ...item, ifMatch: item.etag }, { from: 0, length: SIGNATURE_BYTES });
    if (head.kind !== 'read') return { kind: head.kind === 'gone' ? 'vanished' : 'superseded' };
    const detected = await signatures.detect(head.bytes);
    if (isAllowedType(detected, allowedTypes))
      return { kind: 'accepted', ...(detected ? { contentType: detected.mime } : {}) };
    const what = detected ? `is ${detected.mime} by its content` : 'has a content of no known type';
    const reason = `The file ${what}; accepted: ${allowedTypes.join(', ')} (UPLOAD_ALLOWED_TYPES).`;
    return { kind: 'rejected', code: 'FILE_TYPE_REFUSED', reason };
  };
}
