/** What holds for the chunks of any text, by any counter. */
import fc from 'fast-check';
import { chunkText } from '../../../../../src/domain/ingestion/chunk-text';
import { checkedChunks, counters, hostileText, kinds } from '../../../../drivers/chunks-under-test';
import { scaled } from '../../../../drivers/scale';

const limits = fc
  .tuple(fc.integer({ min: 8, max: 200 }), fc.double({ min: 0, max: 0.5, noNaN: true }))
  .map(([maxTokens, share]) => ({ maxTokens, overlapTokens: Math.floor(maxTokens * share) }));

describe.each(Object.keys(counters))('counting %s', (name) => {
  const count = counters[name]!;

  test('chunks make up the text, are within their limits, and overlap as they may', () => {
    fc.assert(
      fc.property(hostileText, fc.constantFrom(...kinds), limits, (text, kind, limit) => {
        checkedChunks(text, { kind, ...limit }, count);
      }),
      { numRuns: scaled(10_000) },
    );
  });
});

test('the same text and options give the same chunks', () => {
  fc.assert(
    fc.property(hostileText, fc.constantFrom(...kinds), limits, (text, kind, limit) => {
      const again = (): unknown => chunkText(text, { kind, ...limit }, counters['words']!);
      expect(again()).toEqual(again());
    }),
    { numRuns: scaled(2000) },
  );
});
