/** Documents that a store can be filled with, each chunk saying which version it is of. */
import type { DocumentRecord, EmbeddingModel } from '../../src/domain/ingestion/document';
import type { EmbeddedChunk } from '../../src/ports/document-store';

export const writtenModel: EmbeddingModel = { name: 'written', dimensions: 8 };

export function writtenRecord(name: string, version: string, chunks = 0): DocumentRecord {
  return {
    projectId: 'p',
    documentId: name.padEnd(22, '0'),
    name,
    version,
    contentHash: version,
    chunking: '',
    model: writtenModel,
    chunks,
    tokens: chunks,
    characters: chunks,
    ingestedAt: '2026-01-01T00:00:00.000Z',
  };
}

export function writtenVersion(
  name: string,
  version: string,
  chunks: number,
): { readonly record: DocumentRecord; readonly embedded: EmbeddedChunk[] } {
  const embedded = Array.from({ length: chunks }, (_, ordinal) => ({
    ordinal,
    contextStart: ordinal,
    start: ordinal,
    end: ordinal + 1,
    headings: [],
    tokens: 1,
    text: `written ${name} ${version} ${ordinal}`,
    vector: along(ordinal),
  }));
  return { record: writtenRecord(name, version, chunks), embedded };
}

/** Of unit length, and near the first axis. */
export function along(ordinal: number): Float32Array {
  const angle = 0.5 + (ordinal % 50) / 100;
  return Float32Array.from([Math.cos(angle), Math.sin(angle), 0, 0, 0, 0, 0, 0]);
}
