/**
 * The container that the store needs, as it is made where the app may make it, and as the infrastructure has to make it elsewhere
 * (https://learn.microsoft.com/azure/cosmos-db/index-vector-data, .../gen-ai/full-text-search): its layout is ADR 0013's.
 */
import type { ContainerRequest } from '@azure/cosmos';

/**
 * `quantizedFlat`: all vectors of a query's partitions are looked at, compressed, the nearest then exactly; for up to some 50,000
 * vectors a partition. `diskANN`: a graph, for more. Both want 1,000 vectors before they compress anything.
 */
export type CosmosVectorIndex = 'quantizedFlat' | 'diskANN';

/** Project first, so that a search in one project asks its partitions only; a document is never larger than one of them. */
export const PARTITION_PATHS = ['/projectId', '/documentId'];

export const VECTOR_PATH = '/vector';

/** Titles and text. English is the language that the service has words of for good; words of others are found as they stand. */
const FULL_TEXT = { path: '/text', language: 'en-US' };

export function containerDefinition(
  id: string,
  dimensions: number,
  index: CosmosVectorIndex,
): ContainerRequest & { readonly id: string } {
  return {
    id,
    partitionKey: { paths: PARTITION_PATHS, kind: 'MultiHash' as never, version: 2 as never },
    vectorEmbeddingPolicy: {
      vectorEmbeddings: [
        { path: VECTOR_PATH, dataType: 'float32' as never, dimensions, distanceFunction: 'cosine' as never },
      ],
    },
    fullTextPolicy: { defaultLanguage: FULL_TEXT.language, fullTextPaths: [FULL_TEXT] },
    indexingPolicy: {
      indexingMode: 'consistent',
      automatic: true,
      // What queries ask for and nothing else: every other path would be paid for with each write.
      includedPaths: ['/kind/?', '/projectId/?', '/documentId/?', '/edition/?', '/place/?'].map((path) => ({ path })),
      excludedPaths: [{ path: '/*' }, { path: `${VECTOR_PATH}/*` }],
      vectorIndexes: [{ path: VECTOR_PATH, type: index as never }],
      fullTextIndexes: [{ path: FULL_TEXT.path }],
    },
  };
}
