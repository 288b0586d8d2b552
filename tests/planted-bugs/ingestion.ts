import type { PlantedBug } from '../../scripts/local/planted-bug';

const story = { tests: 'orchestrators/embeddings' };
const intake = { tests: 'intake/ingestion/ingest-blob' };

/** What "a search sees a document whole, and nothing is lost" rests on (ARCHITECTURE.md), each broken once. */
export const bugs: readonly PlantedBug[] = [
  {
    name: 'texts-shown-although-overtaken',
    plants: 'a version is shown although the blob was overwritten or deleted meanwhile',
    file: 'src/activities/replace-document.ts',
    find: "      if (facts?.etag !== source.etag) return { kind: 'superseded' };\n",
    replace: '',
    ...story,
  },
  {
    name: 'texts-replaced-twice',
    plants: 'an earlier try whose answer was lost is taken for another run',
    file: 'src/activities/replace-document.ts',
    find: "    if (isOurs) return { kind: 'replaced' };\n",
    replace: '',
    ...story,
  },
  {
    name: 'texts-visible-chunks-removed',
    plants: 'the chunks of the visible version may be removed',
    file: 'src/activities/remove-chunks.ts',
    find: 'standing?.record.version === version ? 0 : store.removeChunks(key, version)',
    replace: 'standing === undefined ? 0 : store.removeChunks(key, version)',
    ...story,
  },
  {
    name: 'texts-runs-share-a-version',
    plants: 'a run that comes again writes the version that an earlier one may still remove',
    file: 'src/domain/ingestion/document-version.ts',
    find: 'String(beganAtMs), ',
    replace: "beganAtMs > 0 ? '' : '', ",
    ...story,
  },
  {
    name: 'texts-outage-counts',
    plants: 'failures while the breaker is open use up the tries of a document',
    file: 'src/activities/index-batch.ts',
    find: 'counts: failed?.open !== true',
    replace: 'counts: failed?.open !== undefined || failed === undefined',
    ...story,
  },
  {
    name: 'texts-same-embedded-again',
    plants: 'the same text under a new ETag is embedded once more',
    file: 'src/domain/ingestion/document-version.ts',
    find: 'return record.contentHash === contentHash && isCutAlike(record, { chunking, model });',
    replace: 'return record.contentHash === `${contentHash}?` && isCutAlike(record, { chunking, model });',
    ...story,
  },
  {
    name: 'texts-wrong-bytes',
    plants: 'where a batch of a long text lies is counted in characters',
    file: 'src/domain/ingestion/batch-plan.ts',
    find: 'bytes += bytesOf(text.slice(at, from));',
    replace: 'bytes += text.slice(at, from).length;',
    tests: 'ingestion/batch-plan',
  },
  {
    name: 'texts-known-version-read',
    plants: 'a version that is ingested is read and started again',
    file: 'src/intake/ingestion/ingest-blob.ts',
    find: 'if (standing && isIngested(standing.record, source, made)) {',
    replace: "if (standing && isIngested(standing.record, source, made) && name === '') {",
    ...intake,
  },
  {
    name: 'texts-one-try-to-start',
    plants: 'an orchestration that could not be started is given up at once',
    file: 'src/intake/ingestion/ingest-blob.ts',
    find: 'const START_TRIES = 3;',
    replace: 'const START_TRIES = 1;',
    ...intake,
  },
  {
    name: 'texts-forged-log-line',
    plants: 'a name with a line end writes a line of its own into the log',
    file: 'src/intake/ingestion/ingest-blob.ts',
    find: ' for ${printable(name)}`',
    replace: " for ${printable('') + name}`",
    ...intake,
  },
  {
    name: 'texts-quarantined-unproven',
    plants: 'a refused blob is deleted although its copy differs',
    file: 'src/intake/ingestion/copy-proven.ts',
    find: 'copy.sha256 === original.sha256 && ',
    replace: '',
    ...intake,
  },
  {
    name: 'texts-quarantined-untold',
    plants: 'a refused blob is deleted before its dead letter is written',
    file: 'src/intake/ingestion/quarantine-blob.ts',
    find: `    await tell({ name, heldAtMs: heldAt(copy.facts.metadata) ?? atMs });
    await blobs.remove(source);
`,
    replace: `    await blobs.remove(source);
    await tell({ name, heldAtMs: heldAt(copy.facts.metadata) ?? atMs });
`,
    ...intake,
  },
  {
    name: 'texts-released-anywhere',
    plants: 'what was released under one name is let through under every name',
    file: 'src/domain/ingestion/quarantine.ts',
    find: '[container, name, sha256]',
    replace: "[container, name === '' ? name : '', sha256]",
    ...intake,
  },
  {
    name: 'texts-working-swept-early',
    plants: 'the working text of a run that is under way is removed',
    file: 'src/intake/ingestion/sweep-working-texts.ts',
    find: "isOver: (await orchestrations.look(run)).kind !== 'running'",
    replace: "isOver: (await orchestrations.look(run)).kind !== 'ended'",
    tests: 'intake/ingestion/sweep-working-texts',
  },
  {
    name: 'texts-working-swept-young',
    plants: 'a working text is removed whose run is about to be started',
    file: 'src/intake/ingestion/sweep-working-texts.ts',
    find: ' || blob.writtenAtMs > old',
    replace: '',
    tests: 'intake/ingestion/sweep-working-texts',
  },
  {
    name: 'texts-forgotten-on-trust',
    plants: 'a document that the listing seems to leave out is removed without asking for its blob',
    file: 'src/intake/ingestion/reconcile-documents.ts',
    find: '        if (await ports.blobs.describe({ container, name: source.blob })) continue;\n',
    replace: '',
    tests: 'intake/ingestion/reconcile-documents',
  },
  {
    name: 'texts-breaker-closed-late',
    plants: 'a success that began before the breaker opened closes it',
    file: 'src/adapters/azure-storage/shared-breaker.ts',
    find: "        state.kind === 'open' || (state.kind",
    replace: '        (state.kind',
    tests: 'adapters/ingestion-stores',
  },
];
