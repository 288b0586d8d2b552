import type { PlantedBug } from '../../scripts/local/planted-bug';

const sqlite = { tests: 'adapters/sqlite-store' };
const cosmos = { tests: 'adapters/cosmos' };
const shared = { tests: 'ingestion/shared-embedding' };
const stored = 'src/adapters/sqlite/stored-documents.ts';
const cosmosStore = 'src/adapters/cosmos/document-store.ts';
const sharing = 'src/intake/ingestion/shared-embedding.ts';

/** What "one version is seen at a time, and every text has its own vector" rests on (ADR 0013), each broken once. */
export const bugs: readonly PlantedBug[] = [
  {
    name: 'documents-seen-early',
    plants: 'chunks are seen before the record names their version',
    file: stored,
    find: "      const scope = seen?.['version'] === version ? project : HIDDEN;",
    replace: "      const scope = seen?.['version'] === version ? project : HIDDEN + project;",
    ...sqlite,
  },
  {
    name: 'documents-old-version-stays',
    plants: 'the chunks of the version before are seen until they are removed',
    file: stored,
    find: "        if (before) this.#show(record, String(before['version']), false);\n",
    replace: '',
    ...sqlite,
  },
  {
    name: 'documents-replaced-unasked',
    plants: 'a record is replaced although another has replaced it meanwhile',
    file: stored,
    find: "      if ((before ? String(before['tag']) : 'nothing') !== (expected === 'nothing' ? 'nothing' : expected.tag))",
    replace: "      if ((before === undefined) !== (expected === 'nothing'))",
    ...sqlite,
  },
  {
    name: 'documents-tag-comes-again',
    plants: 'a record that was removed and made again has the tag that it had',
    file: stored,
    find: '      this.#run("UPDATE meta SET value = CAST(value AS INTEGER) + 1 WHERE key = \'tags\'");\n',
    replace: "      this.#run(\"UPDATE meta SET value = ? WHERE key = 'tags'\", Number(before?.['tag'] ?? 0) + 1);\n",
    ...sqlite,
  },
  {
    name: 'documents-replaced-in-parts',
    plants: 'a replacement is no transaction: readers see both versions, and a crash leaves them so',
    file: 'src/adapters/sqlite/schema.ts',
    find: "  db.exec('BEGIN IMMEDIATE');\n  try {\n    const result = work();\n    db.exec('COMMIT');",
    replace: '  try {\n    const result = work();',
    ...sqlite,
  },
  {
    name: 'documents-holes-stay',
    plants: 'what removed chunks leave is never given back',
    file: 'src/adapters/sqlite/vector-table.ts',
    find: '    for (const { block } of blocks.slice(0, BLOCKS_AT_ONCE))',
    replace: '    for (const { block } of blocks.slice(0, BLOCKS_AT_ONCE - 4))',
    ...sqlite,
  },
  {
    name: 'documents-named-in-another-order',
    plants: 'names are listed in the order of UTF-8, and blobs in another',
    file: 'src/domain/ingestion/name-order.ts',
    find: '    if (code >= FIRST_SURROGATE) {',
    replace: '    if (code >= FIRST_SURROGATE + 0x10000) {',
    tests: 'ingestion/name-order',
  },
  {
    name: 'documents-cosmos-hidden-seen',
    plants: 'chunks of a version that the record does not name are found',
    file: cosmosStore,
    find: '        if (record?.version === chunk.version) return [hitOf(chunk, record)];',
    replace: '        if (record) return [hitOf(chunk, record)];',
    ...cosmos,
  },
  {
    name: 'documents-cosmos-asked-once',
    plants: 'a search gives up behind chunks that are not seen',
    file: cosmosStore,
    find: 'found.length < most || round === SEARCH_ROUNDS)',
    replace: 'found.length < most || round <= SEARCH_ROUNDS)',
    ...cosmos,
  },
  {
    name: 'documents-cosmos-replaced-unasked',
    plants: 'a record is replaced whatever its ETag',
    file: cosmosStore,
    find: "                  accessCondition: { type: 'IfMatch', condition: expected.tag },\n",
    replace: '',
    ...cosmos,
  },
  {
    name: 'documents-cosmos-busy-is-done',
    plants: 'chunks that the service was too busy to take are thought to be there',
    file: 'src/adapters/cosmos/batches.ts',
    find: '({ statusCode }) => statusCode >= 400 && statusCode !== 424);',
    replace: '({ statusCode }) => statusCode >= 400 && statusCode < 424);',
    ...cosmos,
  },
  {
    name: 'embedding-refusal-spreads',
    plants: 'a text that is refused fails the callers that shared its call',
    file: sharing,
    find: "      refused.caller.end({ kind: 'refused', reason, index: refused.index });\n",
    replace: "      for (const { caller, index } of pieces) caller.end({ kind: 'refused', reason, index });\n",
    ...shared,
  },
  {
    name: 'embedding-neighbours-dropped',
    plants: 'callers that shared a call with a refused text are never answered',
    file: sharing,
    find: '      again.push(pieces.filter((piece) => piece !== refused));\n',
    replace: '',
    ...shared,
  },
  {
    name: 'embedding-vectors-mixed-up',
    plants: 'callers that share a call get vectors by the order in which the service lists them',
    file: 'src/adapters/azure-openai/service-answer.ts',
    find: '  for (const { index, embedding } of data.data) {',
    replace: '  for (const [index, { embedding }] of data.data.entries()) {',
    tests: 'adapters/azure-openai',
  },
  {
    name: 'embedding-end-ignored',
    plants: 'only the beginning of a long text is embedded',
    file: 'src/adapters/packaged-model/model-thread.ts',
    find: 'const WINDOW_TOKENS = 128;',
    replace: 'const WINDOW_TOKENS = 128_000;',
    tests: 'integration/src/adapters/packaged-model',
  },
  {
    name: 'embedding-crash-spreads',
    plants: 'what waited when the thread of the model ended waits for ever',
    file: 'src/adapters/packaged-model/embedder.ts',
    find: '      worker = undefined;\n      const under = slice;\n      slice = undefined;\n',
    replace: '      const under = slice;\n',
    tests: 'unit/src/adapters/packaged-model',
  },
];
