import { decideCopy, type StandingCopy } from '../domain/media/blob-version';
import { PROCESSED_CONTAINER, processedName, type MediaItem } from '../domain/media/media-event';
import type { BlobFacts, BlobStore } from '../ports/blob-store';

export type CopyResult =
  /** `etag`: of the copy. */
  | { readonly kind: 'copied'; readonly etag: string }
  | { readonly kind: 'pending'; readonly copyId: string }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'superseded' | 'vanished' };

/** `again`: the copy that stands there was found wanting. */
export type CopyMedia = (input: { readonly item: MediaItem; readonly again?: boolean }) => Promise<CopyResult>;

/** Metadata keys on the copy that say which version it holds. */
export const SOURCE_ETAG = 'sluice_source_etag';
export const SOURCE_SEQUENCER = 'sluice_sequencer';

/** A destination that changes under every one of these is left to the retry policy. */
const ATTEMPTS = 5;

/**
 * Starts the server-side copy of exactly this version, over what stands in the destination only if that is older. Tries again
 * at once when the destination changed meanwhile.
 */
export function createCopyMedia({ blobs }: { blobs: BlobStore }): CopyMedia {
  return async ({ item, again = false }) => {
    const destination = { container: PROCESSED_CONTAINER, name: processedName(item.name) };
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const source = await blobs.describe(item);
      const standing = await blobs.describe(destination);
      const decision = decideCopy(item, standing && standingCopy(standing), again);
      if (decision === 'superseded') return { kind: 'superseded' };
      if (decision === 'done') return { kind: 'copied', etag: standing?.etag ?? '' };
      if (decision === 'wait') return { kind: 'pending', copyId: standing?.copy?.id ?? '' };
      if (!source) return { kind: 'vanished' };
      if (item.etag && source.etag !== item.etag) return { kind: 'superseded' };

      const { [SOURCE_ETAG]: _etag, [SOURCE_SEQUENCER]: _sequencer, ...kept } = source.metadata;
      const metadata = {
        ...kept,
        [SOURCE_ETAG]: source.etag,
        ...(item.sequencer ? { [SOURCE_SEQUENCER]: item.sequencer } : {}),
      };
      const started = await blobs.startCopy(
        { container: item.container, name: item.name, ifMatch: source.etag },
        { ...destination, expects: standing ? { etag: standing.etag } : 'nothing' },
        metadata,
      );
      switch (started.kind) {
        case 'source-gone':
          return { kind: 'vanished' };
        case 'source-changed':
          return { kind: 'superseded' };
        case 'destination-changed':
          continue;
        case 'started':
          return copyResult(started.status, started.copyId, started.etag);
      }
    }
    throw new Error(
      `${destination.container}/${destination.name} changed under each of ${ATTEMPTS} tries to copy to it.`,
    );
  };
}

/** What a copy's status means for the orchestration. */
export function copyResult(status: NonNullable<BlobFacts['copy']>['status'], copyId: string, etag: string): CopyResult {
  if (status === 'success') return { kind: 'copied', etag };
  if (status === 'pending') return { kind: 'pending', copyId };
  return { kind: 'failed', reason: `Storage reports the copy ${copyId} as ${status}.` };
}

function standingCopy(facts: BlobFacts): StandingCopy {
  return {
    sourceEtag: facts.metadata[SOURCE_ETAG] ?? '',
    sequencer: facts.metadata[SOURCE_SEQUENCER] ?? '',
    state:
      facts.copy === undefined || facts.copy.status === 'success'
        ? 'success'
        : facts.copy.status === 'pending'
          ? 'pending'
          : 'broken',
  };
}
