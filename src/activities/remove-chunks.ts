/** Removes the chunks of one version, unless it is the visible one. */
import type { DocumentKey, DocumentStore } from '../ports/document-store';

export type RemoveChunks = (input: {
  readonly key: DocumentKey;
  readonly version: string;
}) => Promise<{ readonly removed: number }>;

export function createRemoveChunks({ store }: { readonly store: DocumentStore }): RemoveChunks {
  return async ({ key, version }) => ({ removed: await removeUnseen(store, key, version) });
}

/** How many chunks were removed. */
export async function removeUnseen(store: DocumentStore, key: DocumentKey, version: string): Promise<number> {
  const standing = await store.find(key);
  return standing?.record.version === version ? 0 : store.removeChunks(key, version);
}
