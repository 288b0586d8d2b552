/**
 * Puts a blob whose content was refused out of the way: a verified copy (C7) in a container of its own, with the reason as metadata,
 * then the source is deleted while it still is that version. Runs again harmlessly: the copy's name is made of the version.
 */
import { bareEtag, versionId } from '../../domain/blob-events/blob-event';
import type { DocumentSource } from '../../domain/ingestion/document';
import { QUARANTINE_CONTAINER } from '../../domain/storage-layout';
import type { BlobFacts, BlobStore } from '../../ports/blob-store';

export type QuarantineBlob = (
  source: DocumentSource,
  refusal: { readonly rule: string; readonly reason: string },
) => Promise<QuarantineResult>;

export type QuarantineResult =
  | { readonly kind: 'quarantined'; readonly name: string }
  /** Gone, or overwritten: the newer version has an event of its own. */
  | { readonly kind: 'superseded' };

/** Storage copies what is as small as this at once; where it does not, the next try finds the copy. */
const LOOKS = 20;
const LOOK_MS = 250;
const LONGEST_PART = 200;

export function createQuarantineBlob(ports: {
  readonly blobs: Pick<BlobStore, 'describe' | 'startCopy' | 'hash' | 'remove'>;
  readonly account: string;
  readonly sleep: (ms: number) => Promise<void>;
}): QuarantineBlob {
  const { blobs, account, sleep } = ports;

  return async ({ container, blob, etag }, { rule, reason }) => {
    const id = versionId(account, container, blob, etag);
    const name = `${id}-${blob.slice(blob.lastIndexOf('/') + 1).slice(-LONGEST_PART)}`;
    const source = { container, name: blob, ifMatch: etag };
    const destination = { container: QUARANTINE_CONTAINER, name };
    const original = await blobs.hash(source);
    if (original.kind !== 'hashed') return { kind: 'superseded' };
    if (!(await blobs.describe(destination))) {
      const metadata = {
        ...original.facts.metadata,
        sluice_source: encodeURIComponent(`${container}/${blob}`).slice(0, 4_000),
        sluice_source_etag: bareEtag(etag),
        sluice_rule: rule,
        sluice_reason: encodeURIComponent(reason).slice(0, 1_000),
      };
      const copy = await blobs.startCopy(source, { ...destination, expects: 'nothing' }, metadata);
      if (copy.kind === 'source-gone' || copy.kind === 'source-changed') return { kind: 'superseded' };
    }
    const copied = await finished();
    const copy = await blobs.hash({ ...destination, ifMatch: copied.etag });
    if (copy.kind !== 'hashed' || copy.sha256 !== original.sha256 || copy.length !== original.length) {
      await blobs.remove({ ...destination, ifMatch: copied.etag });
      throw new Error(`The copy ${QUARANTINE_CONTAINER}/${name} differs from its source; it was removed.`);
    }
    await blobs.remove(source);
    return { kind: 'quarantined', name };

    async function finished(): Promise<BlobFacts> {
      for (let look = 1; look <= LOOKS; look++) {
        const facts = await blobs.describe(destination);
        const status = facts?.copy?.status ?? 'success';
        if (facts && status === 'success') return facts;
        if (facts && status !== 'pending') await blobs.remove({ ...destination, ifMatch: facts.etag });
        if (!facts || status !== 'pending') break;
        await sleep(LOOK_MS);
      }
      throw new Error(`The copy ${QUARANTINE_CONTAINER}/${name} was not finished.`);
    }
  };
}
