import type { EmbeddingModel } from '../../src/domain/ingestion/document';
import { candidatesFor, fuseRankings } from '../../src/domain/ingestion/fuse-rankings';
import { orderKey } from '../../src/domain/ingestion/name-order';
import { wordsAsked } from '../../src/domain/ingestion/search-words';
import type { DocumentKey, DocumentStore, EmbeddedChunk, StandingDocument } from '../../src/ports/document-store';
import { byKeywords } from './keyword-ranking';

export interface MemoryDocumentStore extends DocumentStore {
  /** Every chunk that is stored, seen or not. */
  stored(): readonly { readonly key: DocumentKey; readonly version: string; readonly chunk: EmbeddedChunk }[];
}

export interface MemoryDocumentStoreOptions {
  /** Asked before each call does anything; what it throws is thrown. */
  readonly before?: (operation: Exclude<keyof DocumentStore, 'close'>) => Promise<void>;
}

export function memoryDocumentStore({ before }: MemoryDocumentStoreOptions = {}): MemoryDocumentStore {
  let holds: EmbeddingModel | undefined;
  let tags = 0;
  const documents = new Map<string, StandingDocument>();
  const chunks = new Map<string, ReturnType<MemoryDocumentStore['stored']>[number]>();

  const at = ({ projectId, documentId }: DocumentKey): string => JSON.stringify([projectId, documentId]);
  const isExpected = (key: DocumentKey, expected: string | undefined): boolean =>
    documents.get(at(key))?.tag === expected;

  return {
    stored: () => [...chunks.values()],
    async prepare(model) {
      await before?.('prepare');
      holds ??= model;
      const same = holds.name === model.name && holds.dimensions === model.dimensions;
      return same ? { kind: 'ready' } : { kind: 'mixed', holds };
    },
    async find(key) {
      await before?.('find');
      return documents.get(at(key));
    },
    async list(projectId, limit, after) {
      await before?.('list');
      const ordered = [...documents.values()]
        .filter(({ record }) => projectId === undefined || record.projectId === projectId)
        .map((document) => ({ document, order: orderOf(document) }))
        .filter(({ order }) => after === undefined || order > after)
        .sort((a, b) => (a.order < b.order ? -1 : 1));
      const page = ordered.slice(0, limit);
      const last = page.at(-1);
      return {
        documents: page.map(({ document }) => document),
        ...(ordered.length > limit && last ? { next: last.order } : {}),
      };
    },
    async putChunks(key, version, added) {
      await before?.('putChunks');
      for (const chunk of added) {
        if (chunk.vector.length !== holds?.dimensions)
          throw new Error(`A vector of ${chunk.vector.length} in a store of ${holds?.dimensions ?? 'no'} dimensions.`);
        const stored = { key: { projectId: key.projectId, documentId: key.documentId }, version, chunk };
        chunks.set(JSON.stringify([at(key), version, chunk.ordinal]), structuredClone(stored));
      }
    },
    async replace(record, expected) {
      await before?.('replace');
      if (!isExpected(record, expected === 'nothing' ? undefined : expected.tag)) return 'changed';
      documents.set(at(record), structuredClone({ record, tag: String(++tags) }));
      return 'replaced';
    },
    async remove(key, expected) {
      await before?.('remove');
      if (!isExpected(key, expected)) return 'changed';
      documents.delete(at(key));
      return 'removed';
    },
    async removeChunks(key, version) {
      await before?.('removeChunks');
      const found = [...chunks].filter(([, chunk]) => at(chunk.key) === at(key) && chunk.version === version);
      for (const [id] of found) chunks.delete(id);
      return found.length;
    },
    async search({ projectId, text, vector, k }) {
      await before?.('search');
      const seen = [...chunks.values()].flatMap(({ key, version, chunk: { vector: of, ...chunk } }) => {
        const record = documents.get(at(key))?.record;
        if (record?.version !== version || (projectId !== undefined && projectId !== key.projectId)) return [];
        const document = { ...key, name: record.name, version };
        const similarity = of.reduce((sum, value, i) => sum + value * (vector[i] ?? 0), 0);
        return [{ document, chunk, similarity }];
      });
      const nearest = [...seen].sort((a, b) => b.similarity - a.similarity);
      const rankings = [nearest, byKeywords(seen, ({ chunk }) => chunk, wordsAsked(text))];
      return fuseRankings(
        rankings.map((ranking) => ranking.slice(0, candidatesFor(k))),
        ({ document, chunk }) => JSON.stringify([at(document), chunk.ordinal]),
      )
        .slice(0, k)
        .map(({ item, score }) => ({ ...item, score }));
    },
    async count() {
      await before?.('count');
      return { documents: documents.size, chunks: chunks.size };
    },
    close: async () => undefined,
  };
}

function orderOf({ record }: StandingDocument): string {
  return orderKey(record.projectId, record.name, record.documentId);
}
