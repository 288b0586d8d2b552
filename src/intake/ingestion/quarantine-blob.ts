/**
 * Puts a blob whose content was refused out of the way: a proven copy in a container of its own, with the reason as metadata; then it
 * is told; then the source is deleted while it still is that version. Whoever dies in between, the source's event comes again, finds
 * what was done, and tells it as of the same time.
 */
import { heldAt, heldMetadata, heldName } from '../../domain/ingestion/quarantine';
import type { DocumentSource } from '../../domain/ingestion/document';
import { QUARANTINE_CONTAINER } from '../../domain/storage-layout';
import type { BlobStore } from '../../ports/blob-store';
import type { CopyProven } from './copy-proven';

export interface Refusal {
  readonly rule: string;
  readonly reason: string;
  readonly atMs: number;
}

/** `heldAtMs`: when it was put there first. */
export interface Held {
  readonly name: string;
  readonly heldAtMs: number;
}

export type QuarantineBlob = (
  source: DocumentSource,
  refusal: Refusal,
  /** Writes down what became of it; while it has not, the source stays. */
  tell: (held: Held) => Promise<void>,
) => Promise<
  | 'quarantined'
  /** Gone, or overwritten: the newer version has an event of its own. */
  | 'superseded'
>;

export function createQuarantineBlob(ports: {
  readonly blobs: Pick<BlobStore, 'hash' | 'remove'>;
  readonly copyProven: CopyProven;
  readonly account: string;
}): QuarantineBlob {
  const { blobs, copyProven, account } = ports;

  return async (from, { rule, reason, atMs }, tell) => {
    const name = heldName(account, from);
    const source = { container: from.container, name: from.blob, ifMatch: from.etag };
    const held = { container: QUARANTINE_CONTAINER, name };
    const original = await blobs.hash(source);
    if (original.kind !== 'hashed') return 'superseded';
    const metadata = heldMetadata(original.facts.metadata, from, { rule, reason, heldAtMs: atMs });
    const copy = await copyProven(source, original, held, metadata);
    if (copy.kind === 'superseded') return 'superseded';
    if (copy.kind === 'occupied') {
      // Names there are made of versions: it can only be a bad copy of this one.
      await blobs.remove({ ...held, ifMatch: copy.facts.etag });
      throw new Error(`The copy ${held.container}/${name} differs from its source; it was removed.`);
    }
    await tell({ name, heldAtMs: heldAt(copy.facts.metadata) ?? atMs });
    await blobs.remove(source);
    return 'quarantined';
  };
}
