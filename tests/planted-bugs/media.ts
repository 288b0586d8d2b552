import type { PlantedBug } from '../../scripts/local/planted-bug';

const story = { tests: 'orchestrators/process-media' };

/** What the media pipeline's guarantees rest on (ARCHITECTURE.md), each broken once. */
export const bugs: readonly PlantedBug[] = [
  {
    name: 'media-done-is-run-again',
    plants: 'a version that is done is processed again',
    file: 'src/activities/claim-media.ts',
    find: "    if (claim.kind === 'done') return { kind: 'done' };\n",
    replace: '',
    ...story,
  },
  {
    name: 'media-older-over-newer',
    plants: 'an older version replaces a newer one',
    file: 'src/domain/media/blob-version.ts',
    find: "return 'superseded'",
    replace: "return 'copy' as never",
    tests: 'media/blob-version',
  },
  {
    name: 'media-copy-of-whatever-is-there',
    plants: 'the copy is not bound to the version that the event named',
    file: 'src/activities/copy-media.ts',
    find: "      if (item.etag && source.etag !== item.etag) return { kind: 'superseded' };\n",
    replace: '',
    ...story,
  },
  {
    name: 'media-verified-by-length',
    plants: 'bytes are not compared, only lengths',
    file: 'src/activities/verify-media.ts',
    find: 'left.length !== right.length || left.sha256 !== right.sha256',
    replace: 'left.length !== right.length',
    ...story,
  },
  {
    name: 'media-first-part-only',
    plants: 'of a large blob only the first part is compared',
    file: 'src/activities/verify-media.ts',
    find: "    if (next < copy.length) return { kind: 'part', from: next };\n",
    replace: '',
    ...story,
  },
  {
    name: 'media-announcement-ignored',
    plants: 'a file that came by a signed URL is not held to its announced size',
    file: 'src/activities/inspect-media.ts',
    find: '    if (found.length !== size) {',
    replace: '    if (found.length < 0) {',
    ...story,
  },
  {
    name: 'media-claim-kept-when-buried',
    plants: 'a dead letter keeps its claim, so that a replay is swallowed',
    file: 'src/activities/bury-media.ts',
    find: '    await ports.inbox.release(mediaInboxKey(item), instanceId);\n',
    replace: '',
    ...story,
  },
  {
    name: 'upload-trusts-the-name',
    plants: 'a file name may lead out of its place',
    file: 'src/domain/media/safe-name.ts',
    find: ".split(/[/\\\\]/).pop() ?? ''",
    replace: '',
    tests: 'media/safe-name',
  },
  {
    name: 'replay-closes-first',
    plants: 'a dead letter is closed before its message is sent',
    file: 'src/intake/replay-dead-letters.ts',
    find: '        await ports.queue.send(queue, letter.message);\n        await ports.deadLetters.close(id,',
    replace:
      "        await ports.deadLetters.close(id, 'replayed', '');\n        await ports.queue.send(queue, letter.message);\n        await ports.deadLetters.close(id,",
    tests: 'intake/replay-dead-letters',
  },
  {
    name: 'letters-go-however-young',
    plants: 'dead letters that were closed a moment ago are removed',
    file: 'src/adapters/azure-storage/dead-letter-store.ts',
    find: "if (closedAt === '' || closedAt >= beforeIso) continue;",
    replace: "if (closedAt === '') continue;",
    tests: 'adapters/azure-storage',
  },
  {
    name: 'rows-go-that-have-not-ended',
    plants: 'old rows are removed although their work has not ended',
    file: 'src/adapters/azure-storage/retained-rows.ts',
    find: ' && ended(row)',
    replace: '',
    tests: 'adapters/retained-rows',
  },
];
