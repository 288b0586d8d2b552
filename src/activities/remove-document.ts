/** Removes a document's record, so that nobody sees its chunks, if it is still the one meant. */
import type { DocumentKey, DocumentStore } from '../ports/document-store';

export type RemoveDocument = (input: {
  readonly key: DocumentKey;
  readonly tag: string;
}) => Promise<{ readonly kind: 'removed' | 'changed' }>;

export function createRemoveDocument({ store }: { readonly store: DocumentStore }): RemoveDocument {
  return async ({ key, tag }) => ({ kind: await store.remove(key, tag) });
}
