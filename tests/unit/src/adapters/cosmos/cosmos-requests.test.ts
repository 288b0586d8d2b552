/** What is sent to Cosmos DB, as text: no stand-in knows vector search, so queries and policies are held here word by word. */
import fc from 'fast-check';
import type { OperationInput } from '@azure/cosmos';
import { batchesOf } from '../../../../../src/adapters/cosmos/batches';
import { containerDefinition } from '../../../../../src/adapters/cosmos/container-definition';
import { chunkItem } from '../../../../../src/adapters/cosmos/items';
import {
  chunkIdsQuery,
  countQuery,
  keywordQuery,
  listQuery,
  nearestQuery,
} from '../../../../../src/adapters/cosmos/queries';

const FIELDS =
  'c.projectId, c.documentId, c.edition, c.version, c.ordinal, c.contextStart, c.textStart, c.textEnd, c.headings, c.tokens, c.text, c.textFrom';
const half = Float32Array.from([0.5, -0.5]);

test('the nearest chunks are asked for by VectorDistance, with a limit, and everything else as parameters', () => {
  expect(nearestQuery(half, 30, { projectId: undefined, hidden: [] })).toEqual({
    query: `SELECT TOP 30 ${FIELDS}, VectorDistance(c.vector, @vector) AS similarity FROM c WHERE c.kind = 'chunk' ORDER BY VectorDistance(c.vector, @vector)`,
    parameters: [{ name: '@vector', value: [0.5, -0.5] }],
  });
  expect(nearestQuery(half, 7, { projectId: "p' OR 1=1", hidden: ['d.v1', 'd.v2'] })).toEqual({
    query: `SELECT TOP 7 ${FIELDS}, VectorDistance(c.vector, @vector) AS similarity FROM c WHERE c.kind = 'chunk' AND c.projectId = @projectId AND NOT ARRAY_CONTAINS(@hidden, c.edition) ORDER BY VectorDistance(c.vector, @vector)`,
    parameters: [
      { name: '@vector', value: [0.5, -0.5] },
      { name: '@projectId', value: "p' OR 1=1" },
      { name: '@hidden', value: ['d.v1', 'd.v2'] },
    ],
  });
});

test('chunks with some of the words are asked for by FullTextScore, the words as parameters', () => {
  expect(keywordQuery(half, ['one', 'two'], 7, { projectId: 'p', hidden: ['d.v1'] })).toEqual({
    query: `SELECT TOP 7 ${FIELDS}, VectorDistance(c.vector, @vector) AS similarity FROM c WHERE c.kind = 'chunk' AND c.projectId = @projectId AND NOT ARRAY_CONTAINS(@hidden, c.edition) AND FullTextContainsAny(c.text, @word0, @word1) ORDER BY RANK FullTextScore(c.text, @word0, @word1)`,
    parameters: [
      { name: '@vector', value: [0.5, -0.5] },
      { name: '@projectId', value: 'p' },
      { name: '@hidden', value: ['d.v1'] },
      { name: '@word0', value: 'one' },
      { name: '@word1', value: 'two' },
    ],
  });
});

test('records, ids and counts are asked for by indexed paths', () => {
  expect(listQuery('p', 11, undefined)).toEqual({
    query:
      "SELECT TOP 11 c.record, c.place, c._etag FROM c WHERE c.kind = 'document' AND c.projectId = @projectId AND c.place > @after ORDER BY c.place",
    parameters: [
      { name: '@projectId', value: 'p' },
      { name: '@after', value: 'p\u0001' },
    ],
  });
  expect(listQuery(undefined, 11, 'x').parameters).toEqual([{ name: '@after', value: 'x' }]);
  expect(chunkIdsQuery('d.v').query).toBe("SELECT VALUE c.id FROM c WHERE c.kind = 'chunk' AND c.edition = @edition");
  expect(countQuery('chunk').query).toBe('SELECT VALUE COUNT(1) FROM c WHERE c.kind = @kind');

  const indexed = containerDefinition('x', 8, 'diskANN').indexingPolicy?.includedPaths?.map(({ path }) => path);
  const searched = { projectId: 'p', hidden: ['e'] };
  const searches = [nearestQuery(half, 1, searched), keywordQuery(half, ['w'], 1, searched)];
  const all = [...searches, listQuery('p', 1, 'a'), chunkIdsQuery('e'), countQuery('chunk')];
  for (const { query } of all)
    for (const [, path] of query.slice(query.indexOf('WHERE')).matchAll(/\bc\.(\w+)/g))
      if (path !== 'vector' && path !== 'text') expect(indexed).toContain(`/${path}/?`);
});

test.each(['quantizedFlat', 'diskANN'] as const)(
  'a container has a vector policy, a %s index, one of full text and nothing beside',
  (index) => {
    expect(containerDefinition('documents', 512, index)).toEqual({
      id: 'documents',
      partitionKey: { paths: ['/projectId', '/documentId'], kind: 'MultiHash', version: 2 },
      vectorEmbeddingPolicy: {
        vectorEmbeddings: [{ path: '/vector', dataType: 'float32', dimensions: 512, distanceFunction: 'cosine' }],
      },
      fullTextPolicy: { defaultLanguage: 'en-US', fullTextPaths: [{ path: '/text', language: 'en-US' }] },
      indexingPolicy: {
        indexingMode: 'consistent',
        automatic: true,
        includedPaths: [
          { path: '/kind/?' },
          { path: '/projectId/?' },
          { path: '/documentId/?' },
          { path: '/edition/?' },
          { path: '/place/?' },
        ],
        excludedPaths: [{ path: '/*' }, { path: '/vector/*' }],
        vectorIndexes: [{ path: '/vector', type: index }],
        fullTextIndexes: [{ path: '/text' }],
      },
    });
  },
);

const chunk = { ordinal: 4, contextStart: 1, start: 2, end: 3, headings: ['h'], tokens: 1, text: 't' };

test('a chunk has an id without characters that ids may not have', () => {
  const item = chunkItem({ projectId: 'p', documentId: 'd' }, 'a/b\\c?d#e', { ...chunk, vector: half });
  expect(item).toMatchObject({
    edition: 'd.a%2Fb%5Cc%3Fd%23e',
    version: 'a/b\\c?d#e',
    projectId: 'p',
    documentId: 'd',
  });
  expect(item.id).toBe(`${item.edition}.4`);
});

test('a chunk lies there with its titles before its text, as it is embedded', () => {
  const item = chunkItem({ projectId: 'p', documentId: 'd' }, 'v', {
    ...chunk,
    headings: ['One', 'Two'],
    vector: half,
  });
  expect(item).toMatchObject({ text: 'One > Two\n\nt', textFrom: 11, headings: ['One', 'Two'] });
  const plain = chunkItem({ projectId: 'p', documentId: 'd' }, 'v', { ...chunk, headings: [], vector: half });
  expect(plain).toMatchObject({ text: 't', textFrom: 0 });
});

test('numbers of a vector are short and exact', () => {
  fc.assert(
    fc.property(fc.float32Array({ noNaN: true, noDefaultInfinity: true, minLength: 1, maxLength: 50 }), (vector) => {
      const sent = JSON.stringify(chunkItem({ projectId: 'p', documentId: 'd' }, 'v', { ...chunk, vector }).vector);
      const back = Float32Array.from(JSON.parse(sent) as number[]);
      // JSON has no -0, which no vector tells from 0.
      expect([...back].map((x) => x + 0)).toEqual([...vector].map((x) => x + 0));
    }),
  );
  const third = chunkItem({ projectId: 'p', documentId: 'd' }, 'v', { ...chunk, vector: Float32Array.of(1 / 3) });
  expect(JSON.stringify(third.vector)).toBe('[0.33333334]');
});

test('batches have at most 100 operations and 2 MB, in order', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 700_000 }), { maxLength: 40 }),
      fc.integer({ max: 250, min: 0 }),
      (sizes, small) => {
        const operations: OperationInput[] = [...sizes, ...Array.from({ length: small }, () => 10)].map((size, i) => ({
          operationType: 'Upsert',
          resourceBody: { id: `${i}`, text: 'x'.repeat(size) },
        }));
        const batches = batchesOf(operations);
        expect(batches.flat()).toEqual(operations);
        for (const batch of batches) {
          expect(batch.length).toBeLessThanOrEqual(100);
          expect(JSON.stringify(batch).length).toBeLessThan(2_000_000);
        }
      },
    ),
    { numRuns: 20 },
  );
});
