import type { PlantedBug } from '../../scripts/local/planted-bug';

const simulation = { tests: 'share/simulation' };
const files = { tests: 'adapters/share-files' };
const copy = 'src/adapters/share/file-copy.ts';
const moves = 'src/adapters/share/moves.ts';
const transfer = 'src/activities/transfer-share-files.ts';

/** What "the source goes only after a proven blob" rests on (ARCHITECTURE.md), each broken once. */
export const bugs: readonly PlantedBug[] = [
  {
    name: 'share-deleted-unproven',
    plants: 'a source is deleted although its upload failed',
    file: transfer,
    find: "    const stored = works.filter(({ outcome }) => outcome?.kind === 'done');",
    replace: '    const stored = works.filter(({ staged }) => staged !== undefined);',
    ...simulation,
  },
  {
    name: 'share-deleted-although-changed',
    plants: 'a source is deleted although it changed after it was staged',
    file: moves,
    find: "  if (now && !sameClaimed(now, file.state)) return { kind: 'changed' };",
    replace: "  if (now && now.size < 0) return { kind: 'changed' };",
    ...files,
  },
  {
    name: 'share-change-unseen',
    plants: 'a source that changed under the copy is taken for whole',
    file: copy,
    find: "      return await this.#end(sameClaimed(now, this.state) ? 'staged' : 'changed');",
    replace: "      return await this.#end('staged');",
    tests: 'share/file-copy',
  },
  {
    name: 'share-growth-unseen',
    plants: 'bytes beyond the length that a source had are copied',
    file: copy,
    find: '      this.#longer = this.#copied + filled > this.state.size;',
    replace: '      this.#longer = this.#copied + filled < 0;',
    tests: 'share/file-copy',
  },
  {
    name: 'share-lost-write-forgotten',
    plants: 'what the disk said of an early write is forgotten by the last one',
    file: copy,
    find: '        this.#flushError = error;\n',
    replace: '        this.#flushError = this.#copied < this.state.size ? undefined : error;\n',
    tests: 'share/file-copy',
  },
  {
    name: 'share-not-durable',
    plants: 'bytes are sent before the staged copy is on disk',
    file: copy,
    find: '      if (this.#flushError === undefined) await this.#flush();\n',
    replace: '',
    tests: 'share/file-copy',
  },
  {
    name: 'share-claim-replaces',
    plants: 'a claim replaces an earlier file of its name',
    file: moves,
    find: "  if (inTheWay(disk, to)) return { kind: 'occupied' };\n  if (!rename",
    replace: '  if (!rename',
    ...files,
  },
  {
    name: 'share-links-followed',
    plants: 'a link in the place of a claimed file is followed',
    file: 'src/adapters/share/file-state.ts',
    find: 'constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK',
    replace: 'constants.O_RDONLY | constants.O_NONBLOCK',
    ...files,
  },
  {
    name: 'share-folder-links-followed',
    plants: 'a link in the place of a subfolder is followed',
    file: 'src/adapters/share/reach.ts',
    find: 'constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW',
    replace: 'constants.O_RDONLY | constants.O_DIRECTORY',
    tests: 'adapters/share/reach',
  },
  {
    name: 'share-folder-looked-at-before',
    plants: 'a subfolder is looked at, and then reached by its path all the same',
    file: 'src/adapters/share/reach.ts',
    find: 'const hasOpenFolders = existsSync(OPEN_FOLDERS);',
    replace: 'const hasOpenFolders = existsSync(`${OPEN_FOLDERS}/none`);',
    tests: 'adapters/share/reach',
  },
  {
    name: 'share-one-look',
    plants: 'a file is taken when one sweep saw it',
    file: 'src/domain/share/stability.ts',
    find: '  if (!earlier || !sameState(earlier, state)) return { stable: false, sighting: { ...pick(state), ...now } };',
    replace:
      '  if (!earlier || !sameState(earlier, state)) return { stable: true, sighting: { ...pick(state), ...now } };',
    tests: 'share/stability',
  },
  {
    name: 'share-block-of-other-bytes',
    plants: "a block's id is its index alone, so that what another content left is taken for it",
    file: 'src/domain/blocks/block-plan.ts',
    find: "  return btoa(`${String(index).padStart(6, '0')}-${hex}`);",
    replace: "  return btoa(`${String(index).padStart(6, '0')}-${hex.slice(0, 0).padStart(32, '0')}`);",
    tests: 'adapters/staged-blocks',
  },
  {
    name: 'share-places-never-given-back',
    plants: 'an upload that ends its wait keeps its place in the queue',
    file: 'src/adapters/azure-storage/block-memory.ts',
    find: '        queue.splice(queue.indexOf(waiter), 1);\n',
    replace: '',
    tests: 'azure-storage/block-memory',
  },
  {
    name: 'share-attempts-forgotten',
    plants: 'every run counts its failures anew',
    file: 'tests/fakes/memory-stores.ts',
    find: '        if (row.failedBy !== owner) row.failures = (row.failures ?? 0) + 1;',
    replace: '        row.failures = 1;',
    tests: 'share/attempts',
  },
  {
    name: 'share-hung-process-kept',
    plants: 'a process that missed its deadline is asked again',
    file: 'src/adapters/share/share-child.ts',
    find: '    usable: () => !hung && !exited && child.connected,',
    replace: '    usable: () => !exited && child.connected,',
    ...files,
  },
  {
    name: 'share-held-file-sent-twice',
    plants: 'a file that another run holds is carried all the same',
    file: transfer,
    find: "      if (work && claim.kind === 'held') work.outcome = { kind: 'held', until: claim.until };",
    replace:
      "      if (work && claim.kind === 'held' && claim.until < 0) work.outcome = { kind: 'held', until: claim.until };",
    tests: 'share/attempts',
  },
  {
    name: 'share-claim-ran-out',
    plants: 'a run that stood still beyond its claim goes on as if nothing had been',
    file: transfer,
    find: '      if (ports.monotonic() >= heldUntil) stop.abort(',
    replace: '      if (ports.monotonic() < 0) stop.abort(',
    tests: 'share/attempts',
  },
  {
    name: 'share-reason-over-a-file',
    plants: 'the reason of a file in quarantine takes the name that another file has there',
    file: moves,
    find: "  return path.join(roots.failed, 'reasons', date, session, `${short}.json`);",
    replace: '  return path.join(roots.failed, date, session, `${short}.json`);',
    ...files,
  },
];
