import type { EmbeddingModel } from '../../domain/ingestion/document';
import type { DocumentStore } from '../../ports/document-store';
import type { Probe } from '../../ports/probe';
import { unlessAborted } from './unless-aborted';

/** Reads one record that is not there, the cheapest question a store takes, and minds that its vectors are of our model. */
export function createStoreProbe(
  store: Pick<DocumentStore, 'prepare' | 'find'>,
  model: EmbeddingModel,
  name: string,
): Probe {
  async function ask(): Promise<void> {
    const ready = await store.prepare(model);
    if (ready.kind === 'mixed')
      throw new Error(
        `it holds vectors of ${ready.holds.name} (${ready.holds.dimensions} dimensions), and ${model.name} (${model.dimensions}) is set; npm run reindex makes the index anew`,
      );
    await store.find({ projectId: 'readiness', documentId: 'none' });
  }
  return { name, check: (signal) => unlessAborted(ask(), signal) };
}
