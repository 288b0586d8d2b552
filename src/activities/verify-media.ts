import { PROCESSED_CONTAINER, processedName, type MediaItem } from '../domain/media/media-event';
import type { BlobStore } from '../ports/blob-store';
import { SOURCE_ETAG } from './copy-media';

export type VerifyResult =
  | {
      readonly kind: 'verified';
      readonly by: 'read' | 'service';
      readonly size: number;
      readonly contentType: string;
      /** When all of it was read in one part. */
      readonly sha256?: string;
    }
  | { readonly kind: 'mismatch'; readonly reason: string }
  | { readonly kind: 'superseded' };

/** `etag`: of the copy that is to be verified. `from`: the byte up to which it is verified already, 0 when absent. */
export type VerifyMedia = (input: {
  readonly item: MediaItem;
  readonly etag: string;
  readonly from?: number;
}) => Promise<VerifyResult | { readonly kind: 'part'; readonly from: number }>;

/** Read in one call, so that no blob is too large for `functionTimeout`: about five minutes at 60 MB/s. */
const PART_BYTES = 16 * 1024 ** 3;

/**
 * Proves the copy (C7): equal length, and with `read` equal SHA-256 of the bytes of both sides, each read under its own ETag.
 * A source that is gone by now cannot be read any more; then length and copy status have to do, and the result says so.
 */
export function createVerifyMedia({
  blobs,
  verify,
  partBytes = PART_BYTES,
}: {
  blobs: BlobStore;
  verify: 'read' | 'service';
  /** @default 16 GiB */
  partBytes?: number;
}): VerifyMedia {
  return async ({ item, etag, from = 0 }) => {
    const destination = { container: PROCESSED_CONTAINER, name: processedName(item.name) };
    const [source, copy] = await Promise.all([blobs.describe(item), blobs.describe(destination)]);
    if (!copy) return { kind: 'mismatch', reason: 'The copy is gone.' };
    const version = copy.metadata[SOURCE_ETAG] ?? '';
    if (version !== item.etag) return { kind: 'superseded' };
    if (copy.etag !== etag) return { kind: 'mismatch', reason: 'The copy was changed after it was made.' };
    const verified = (by: 'read' | 'service') => ({
      kind: 'verified' as const,
      by,
      size: copy.length,
      contentType: copy.contentType,
    });
    if (copy.copy && copy.copy.status !== 'success')
      return { kind: 'mismatch', reason: `The copy's status is ${copy.copy.status}.` };
    if (!source) return verified('service');
    if (source.etag !== version) return { kind: 'superseded' };
    if (source.length !== copy.length) {
      return { kind: 'mismatch', reason: `The source has ${source.length} bytes, the copy ${copy.length}.` };
    }
    if (verify === 'service') return verified('service');

    const part = { from, length: partBytes };
    const [left, right] = await Promise.all([
      blobs.hash({ ...item, ifMatch: version }, part),
      blobs.hash({ ...destination, ifMatch: etag }, part),
    ]);
    if (right.kind !== 'hashed') return { kind: 'superseded' };
    if (left.kind !== 'hashed') return left.kind === 'gone' ? verified('service') : { kind: 'superseded' };
    if (left.length !== right.length || left.sha256 !== right.sha256) {
      return { kind: 'mismatch', reason: `SHA-256 of the source is ${left.sha256}, of the copy ${right.sha256}.` };
    }
    const next = from + partBytes;
    if (next < copy.length) return { kind: 'part', from: next };
    return from === 0 ? { ...verified('read'), sha256: right.sha256 } : verified('read');
  };
}
