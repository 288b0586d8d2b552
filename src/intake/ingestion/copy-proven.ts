/** A copy that is proven by reading both sides (C7). Runs again harmlessly: what an earlier try copied is found and proven. */
import type { BlobFacts, BlobHash, BlobRef, BlobStore } from '../../ports/blob-store';

export type CopyProven = (
  source: BlobRef & { readonly ifMatch: string },
  /** Of the source. */
  original: BlobHash,
  destination: BlobRef,
  metadata: Readonly<Record<string, string>>,
) => Promise<ProvenCopy>;

export type ProvenCopy =
  | { readonly kind: 'proven'; readonly facts: BlobFacts }
  /** Gone, or another version. */
  | { readonly kind: 'superseded' }
  /** Something else stands there; `facts`: of that. */
  | { readonly kind: 'occupied'; readonly facts: BlobFacts };

/** Storage copies what is as small as this at once; where it does not, the next try finds the copy. */
const LOOKS = 20;
const LOOK_MS = 250;

export function createCopyProven(ports: {
  readonly blobs: Pick<BlobStore, 'describe' | 'startCopy' | 'hash' | 'remove'>;
  readonly sleep: (ms: number) => Promise<void>;
}): CopyProven {
  const { blobs, sleep } = ports;

  return async (source, original, destination, metadata) => {
    if (!(await blobs.describe(destination))) {
      const copy = await blobs.startCopy(source, { ...destination, expects: 'nothing' }, metadata);
      if (copy.kind === 'source-gone' || copy.kind === 'source-changed') return { kind: 'superseded' };
    }
    const facts = await finished(destination);
    const copy = await blobs.hash({ ...destination, ifMatch: facts.etag });
    const isSame = copy.kind === 'hashed' && copy.sha256 === original.sha256 && copy.length === original.length;
    return isSame ? { kind: 'proven', facts } : { kind: 'occupied', facts };
  };

  async function finished(destination: BlobRef): Promise<BlobFacts> {
    for (let look = 1; look <= LOOKS; look++) {
      const facts = await blobs.describe(destination);
      const status = facts?.copy?.status ?? 'success';
      if (facts && status === 'success') return facts;
      if (facts && status !== 'pending') await blobs.remove({ ...destination, ifMatch: facts.etag });
      if (!facts || status !== 'pending') break;
      await sleep(LOOK_MS);
    }
    throw new Error(`The copy ${destination.container}/${destination.name} was not finished.`);
  }
}
