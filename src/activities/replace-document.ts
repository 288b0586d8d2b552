/** Makes a version of a document the visible one, if its blob is still the one it was made of and nobody else was faster. */
import { hasSameContent } from '../domain/ingestion/document-version';
import type { DocumentRecord } from '../domain/ingestion/document';
import type { ReplaceResult, Standing } from '../domain/ingestion/index-work';
import type { BlobStore } from '../ports/blob-store';
import type { Clock } from '../ports/clock';
import type { DocumentStore } from '../ports/document-store';

export type ReplaceDocument = (input: {
  readonly record: Omit<DocumentRecord, 'ingestedAt'>;
  /** Undefined: nothing stands there. */
  readonly standing?: Standing;
}) => Promise<ReplaceResult>;

export function createReplaceDocument({
  blobs,
  store,
  clock,
}: {
  readonly blobs: Pick<BlobStore, 'describe'>;
  readonly store: DocumentStore;
  readonly clock: Clock;
}): ReplaceDocument {
  return async ({ record, standing }) => {
    const { source } = record;
    if (source) {
      const facts = await blobs.describe({ container: source.container, name: source.blob });
      if (facts?.etag !== source.etag) return { kind: 'superseded' };
    }
    const ingestedAt = new Date(clock.now()).toISOString();
    const expected = standing ? { tag: standing.tag } : 'nothing';
    if ((await store.replace({ ...record, ingestedAt }, expected)) === 'replaced') return { kind: 'replaced' };
    const now = await store.find({ projectId: record.projectId, documentId: record.documentId });
    if (!now) return { kind: 'changed', same: false };
    const isOurs = now.record.version === record.version && now.record.source?.etag === source?.etag;
    // Written by an earlier try whose answer was lost.
    if (isOurs) return { kind: 'replaced' };
    return {
      kind: 'changed',
      standing: { tag: now.tag, version: now.record.version },
      same: hasSameContent(now.record, record),
    };
  };
}
