import * as fc from 'fast-check';
import { byteRanges, cutBatches, textOf } from '../../../../../src/domain/ingestion/batch-plan';
import type { Chunk } from '../../../../../src/domain/ingestion/chunk';

/** Chunks that tile the text, each with some of what is before it. */
function chunksOf(parts: readonly { readonly text: string; readonly overlap: number; readonly tokens: number }[]) {
  let at = 0;
  const text = parts.map((part) => part.text).join('');
  const chunks = parts.map(({ text: { length }, overlap, tokens }, ordinal): Chunk => {
    const before = ordinal === 0 ? 0 : (parts[ordinal - 1]?.text.length ?? 0);
    const start = at;
    at += length;
    // Not within a character.
    let contextStart = start - Math.min(overlap, before);
    if (/^[\uDC00-\uDFFF]/.test(text.slice(contextStart))) contextStart++;
    return { ordinal, contextStart, start, end: at, headings: [], tokens };
  });
  return { text, chunks };
}

const part = fc.record({
  text: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }),
  overlap: fc.nat(6),
  tokens: fc.integer({ min: 1, max: 9 }),
});

it('keeps all chunks in order, within the limits unless one is too large by itself', () => {
  fc.assert(
    fc.property(
      fc.array(part),
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 20 }),
      (parts, most, tokens) => {
        const { chunks } = chunksOf(parts);
        const batches = cutBatches(chunks, { chunks: most, tokens }, (chunk) => chunk.tokens);
        expect(batches.flatMap((batch) => batch.chunks)).toEqual(chunks);
        for (const batch of batches) {
          expect(batch.chunks.length).toBeLessThanOrEqual(most);
          const sum = batch.chunks.reduce((all, chunk) => all + chunk.tokens, 0);
          expect(sum <= tokens || batch.chunks.length === 1).toBe(true);
        }
      },
    ),
  );
});

it('goes by the tokens of what is embedded for a chunk', () => {
  const { chunks } = chunksOf(Array.from({ length: 5 }, () => ({ text: 'x', overlap: 0, tokens: 1 })));
  const batches = cutBatches(chunks, { chunks: 9, tokens: 10 }, (chunk) => chunk.tokens + 4);
  expect(batches.map((batch) => batch.chunks.length)).toEqual([2, 2, 1]);
});

it('finds each chunk again in the bytes of its batch, whatever the characters', () => {
  fc.assert(
    fc.property(fc.array(part), fc.integer({ min: 1, max: 4 }), (parts, most) => {
      const { text, chunks } = chunksOf(parts);
      const bytes = Buffer.from(text);
      const batches = cutBatches(chunks, { chunks: most, tokens: 1_000 }, (chunk) => chunk.tokens);
      const ranges = byteRanges(text, batches, (piece) => Buffer.byteLength(piece));
      for (const [i, batch] of batches.entries()) {
        const { from, length } = ranges[i]!;
        const batchText = bytes.subarray(from, from + length).toString();
        for (const chunk of batch.chunks)
          expect(textOf(chunk, batch, batchText)).toBe(text.slice(chunk.contextStart, chunk.end));
      }
    }),
  );
});
