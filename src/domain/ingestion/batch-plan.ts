/** Cuts a document's chunks into batches that are embedded in one call each, and says where the text of each lies. */
import type { Chunk } from './chunk';

export interface ByteRange {
  readonly from: number;
  readonly length: number;
}

export interface Batch {
  /** Of the text, where its first chunk's context begins: offsets of the chunks minus this are offsets in the batch's text. */
  readonly from: number;
  readonly to: number;
  readonly chunks: readonly Chunk[];
}

export interface BatchLimits {
  readonly chunks: number;
  readonly tokens: number;
}

/** In the order of the text. `tokensOf`: what is embedded for a chunk. One with more than a batch may have stands alone. */
export function cutBatches(
  chunks: readonly Chunk[],
  limits: BatchLimits,
  tokensOf: (chunk: Chunk) => number,
): readonly Batch[] {
  const groups: Chunk[][] = [];
  let tokens = 0;
  for (const chunk of chunks) {
    const last = groups.at(-1);
    const own = tokensOf(chunk);
    if (last && last.length < limits.chunks && tokens + own <= limits.tokens) {
      last.push(chunk);
      tokens += own;
    } else {
      groups.push([chunk]);
      tokens = own;
    }
  }
  return groups.map((group) => ({
    from: group[0]?.contextStart ?? 0,
    to: group.at(-1)?.end ?? 0,
    chunks: group,
  }));
}

/** Where each batch's text lies in the UTF-8 form of the text. `bytesOf`: of a text that ends with a whole character. */
export function byteRanges(text: string, batches: readonly Batch[], bytesOf: (text: string) => number): ByteRange[] {
  let at = 0;
  let bytes = 0;
  return batches.map(({ from, to }) => {
    bytes += bytesOf(text.slice(at, from));
    at = from;
    return { from: bytes, length: bytesOf(text.slice(from, to)) };
  });
}

/** The part of a batch's text that is one of its chunks. */
export function textOf(chunk: Chunk, batch: Batch, batchText: string): string {
  return batchText.slice(chunk.contextStart - batch.from, chunk.end - batch.from);
}
