/**
 * Puts a blob that was refused back where it came from, since somebody says that it may be read: from then on this content is let
 * through under this name, also when it is uploaded again. The copy in quarantine goes last, so that one of the two is always there.
 */
import { isHeldFrom, ownMetadata, releaseMark } from '../../domain/ingestion/quarantine';
import { QUARANTINE_CONTAINER } from '../../domain/storage-layout';
import type { BlobRef, BlobStore } from '../../ports/blob-store';
import type { WorkingBlobs } from '../../ports/working-blobs';
import type { CopyProven } from './copy-proven';

/** `place`: where it came from; `heldName`: within quarantine. */
export type ReleaseBlob = (place: BlobRef, heldName: string) => Promise<ReleaseOutcome>;

export type ReleaseOutcome =
  | 'released'
  /** Something else was put in its place meanwhile, and stays; so does what is held. */
  | 'occupied'
  /** Nothing is held there: an earlier try released it, or retention removed it. */
  | 'gone'
  /** What is held there came from another place. */
  | 'another';

/** Whether this content was released under this name. */
export type IsReleased = (place: BlobRef, sha256: string) => Promise<boolean>;

/** Notes of quarantine, beside what is held there. */
export type ReleaseMarks = Pick<WorkingBlobs, 'put' | 'read'>;

export function createReleaseBlob(ports: {
  readonly blobs: Pick<BlobStore, 'describe' | 'hash' | 'remove'>;
  readonly marks: ReleaseMarks;
  readonly copyProven: CopyProven;
}): ReleaseBlob {
  const { blobs, marks, copyProven } = ports;

  return async (place, name) => {
    const facts = await blobs.describe({ container: QUARANTINE_CONTAINER, name });
    if (!facts) return 'gone';
    if (!isHeldFrom(facts.metadata, place.container, place.name)) return 'another';
    const held = { container: QUARANTINE_CONTAINER, name, ifMatch: facts.etag };
    const original = await blobs.hash(held);
    if (original.kind !== 'hashed') throw new Error(`${QUARANTINE_CONTAINER}/${name} changed while it was read.`);
    // First: the blob's event may come before this has ended.
    await marks.put(
      releaseMark(place.container, place.name, original.sha256),
      Buffer.from(`${place.container}/${place.name}`),
    );
    const copy = await copyProven(held, original, place, ownMetadata(facts.metadata));
    if (copy.kind === 'superseded') throw new Error(`${QUARANTINE_CONTAINER}/${name} changed while it was copied.`);
    if (copy.kind === 'occupied') return 'occupied';
    await blobs.remove(held);
    return 'released';
  };
}

export function createIsReleased(marks: Pick<ReleaseMarks, 'read'>): IsReleased {
  return async ({ container, name }, sha256) => (await marks.read(releaseMark(container, name, sha256))) !== undefined;
}
