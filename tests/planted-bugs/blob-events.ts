import type { PlantedBug } from '../../scripts/local/planted-bug';

const move = { file: 'src/activities/move-blob.ts', tests: 'orchestrators/move-blob' };
const scan = { tests: 'intake/blob-events/scan-incoming' };

/** What the guarantees of blob events rest on (ARCHITECTURE.md, ADR 0009), each broken once. */
export const bugs: readonly PlantedBug[] = [
  {
    name: 'blobs-deleted-whatever-version',
    plants: 'the source is deleted although it was overwritten after the copy',
    ...move,
    find: '      await blobs.remove({ ...source, ifMatch: version });\n',
    replace:
      "      const now = await blobs.describe(source);\n      await blobs.remove({ ...source, ifMatch: now?.etag ?? '' });\n",
  },
  {
    name: 'blobs-deleted-unproven',
    plants: 'the bytes of the copy are not compared before the source is deleted',
    ...move,
    find: 'if (original.sha256 !== copy.sha256 || original.length !== copy.length)',
    replace: 'if (original.length !== copy.length)',
  },
  {
    name: 'blobs-first-part-only',
    plants: 'of a large blob only the first part is compared',
    ...move,
    find: 'if (next < original.facts.length)',
    replace: 'if (next < 0)',
  },
  {
    name: 'blobs-moved-is-an-error',
    plants: 'a blob that an earlier run moved is given up as unknown',
    ...move,
    find: "return { kind: standing && isCopyOf(standing) ? 'moved' : otherwise };",
    replace: 'return { kind: standing ? otherwise : otherwise };',
  },
  {
    name: 'blobs-etag-on-trust',
    plants: 'the ETag of a message is taken for the version’s without a look at its id',
    ...move,
    find: '    const genuine = isVersion(named);\n',
    replace: '    const genuine = named !== undefined;\n',
  },
  {
    name: 'blobs-noted-before-published',
    plants: 'a version is noted before the broker has it',
    file: 'src/intake/blob-events/publish-versions.ts',
    find: '    await broker.publish(messages.map(({ message }) => message));\n',
    replace:
      '    await ledger.note(ours, clock.now() + republishMs, clock.now());\n    await broker.publish(messages.map(({ message }) => message));\n',
    ...scan,
  },
  {
    name: 'blobs-published-by-both',
    plants: 'a scan publishes what another one claimed',
    file: 'src/intake/blob-events/publish-versions.ts',
    find: 'wanted.filter((_, at) => granted[at])',
    replace: 'wanted.filter((_, at) => granted[at] !== undefined)',
    ...scan,
  },
  {
    name: 'blobs-never-published-again',
    plants: 'a published blob that nobody moved is never published again',
    file: 'src/domain/blob-events/publication.ts',
    find: 'return row.dueMs <= nowMs ?',
    replace: 'return row.dueMs <= nowMs - 1e9 ?',
    ...scan,
  },
  {
    name: 'blobs-older-over-newer',
    plants: 'a scan that lists late publishes an older version over a newer one',
    file: 'src/domain/blob-events/publication.ts',
    find: 'return row.notedMs < scanBeganMs ?',
    replace: 'return row.notedMs <= nowMs ?',
    ...scan,
  },
  {
    name: 'blobs-unchanged-for-ever',
    plants: 'a segment that was found in order is never looked at again',
    file: 'src/intake/blob-events/scan-incoming.ts',
    find: 'if (known !== undefined && clock.now() < known) {',
    replace: 'if (known !== undefined) {',
    ...scan,
  },
  {
    name: 'blobs-gone-too-early',
    plants: 'the row of a blob that came during the scan is taken for a left-over',
    file: 'src/domain/blob-events/publication.ts',
    find: '  return row.notedMs < scanBeganMs;\n',
    replace: '  return row.notedMs < scanBeganMs + 1e9;\n',
    ...scan,
  },
  {
    name: 'blobs-destination-of-the-message',
    plants: 'a message may name any destination that begins with an id',
    file: 'src/domain/blob-events/blob-event.ts',
    find: '!UUID.test(id) || dest !== `${PROCESSED_CONTAINER}/${destination}`',
    replace: '!UUID.test(id)',
    tests: 'blob-events/blob-event',
  },
  {
    name: 'blobs-acknowledged-at-the-start',
    plants: 'a message is acknowledged before its orchestration ended',
    file: 'src/intake/blob-events/receive-blob-event.ts',
    find: "if (now.kind !== 'running') return",
    replace: "if (now.kind !== 'unknown') return",
    tests: 'intake/blob-events/receive-blob-event',
  },
  {
    name: 'blobs-given-up-comes-again',
    plants: 'a version that became a dead letter is published again and again',
    file: 'src/activities/bury-blob-event.ts',
    find: '    if (version) await ledger.rest(ledgerKey(version.name), version.etag, clock.now());\n',
    replace: '',
    tests: 'orchestrators/move-blob',
  },
];
