/** Looks through the incoming folder and remembers what it saw. */
import { isUtf8 } from 'node:buffer';
import type { Dirent } from 'node:fs';
import path from 'node:path';
import { choiceOf } from '../../domain/share/file-choice';
import { judgeStability, type SweepTime } from '../../domain/share/stability';
import type { SweepFound, SweepRules } from '../../ports/share-files';
import { standing, stateOf } from './file-state';
import { NotOurFolder, reaching } from './reach';
import { errnoOf, type ShareDisk } from './share-disk';
import { Sightings } from './sightings';

/** Entries that are asked of the system at a time. */
const ENTRIES = 512;

/** What the sweeps so far saw and left. */
export interface SweepMemory {
  readonly sightings: Sightings;
  looks: number;
  /** Of the last look: names of what was found stable, how many of them were reported, and what else there was. */
  stable: readonly string[];
  reported: number;
  last: { readonly rules: string; readonly atMs: number; readonly found: Omit<SweepFound, 'files'> } | undefined;
}

export function emptyMemory(): SweepMemory {
  return { sightings: new Sightings(), looks: 0, stable: [], reported: 0, last: undefined };
}

/** Reports what is stable, first names first. The memory never outgrows the folder. */
export function sweepFolder(
  disk: ShareDisk,
  incoming: string,
  rules: SweepRules,
  memory: SweepMemory,
  now: SweepTime,
): SweepFound {
  const { limit, maxLookAgeMs, ...others } = rules;
  const key = JSON.stringify(others);
  const known = memory.last;
  const fresh = known?.rules === key && now.monotonicMs - known.atMs <= maxLookAgeMs;
  const last = fresh && memory.reported < memory.stable.length ? known : undefined;
  const found = last?.found ?? look(disk, incoming, rules, memory, now);
  memory.last = last ?? { rules: key, atMs: now.monotonicMs, found };
  const names = memory.stable.slice(memory.reported, memory.reported + limit);
  memory.reported += names.length;
  const files = names.flatMap((name) => {
    const seen = memory.sightings.get(name);
    return seen ? [{ name, ino: seen.ino, size: seen.size, mtimeNs: seen.mtimeNs }] : [];
  });
  return { ...found, files };
}

function look(
  disk: ShareDisk,
  incoming: string,
  rules: SweepRules,
  memory: SweepMemory,
  now: SweepTime,
): Omit<SweepFound, 'files'> {
  const { sightings } = memory;
  const mark = ++memory.looks;
  const skipped: Record<string, number> = {};
  const stable: string[] = [];
  let [stableBytes, waiting] = [0, 0];
  const skip = (reason: string): void => void (skipped[reason] = (skipped[reason] ?? 0) + 1);
  const wanted = choiceOf(rules);

  const file = (name: string, place: string): void => {
    const stat = standing(disk, place);
    if (!stat) return;
    if (!stat.isFile()) {
      skip('not a regular file');
      return;
    }
    // A folder that changes while it is listed may show an entry twice.
    if (sightings.lookOf(name) === mark) return;
    const judged = judgeStability(sightings.get(name), stateOf(stat), now, rules);
    sightings.set(name, judged.sighting, mark);
    if (!judged.stable) {
      waiting++;
      return;
    }
    stableBytes += judged.sighting.size;
    stable.push(name);
  };

  /** True for a subfolder that is to be looked through. */
  const isWantedFolder = (entry: Dirent<Buffer>, name: string, place: string): boolean => {
    // Folders with a dot are other programs' own, and ours where .processing lies within.
    if (entry.isDirectory()) {
      if (rules.recursive && !entry.name.toString().startsWith('.')) return true;
      skip('folder');
    } else if (entry.isSymbolicLink()) skip('symbolic link');
    else if (entry.isFIFO() || entry.isSocket() || entry.isBlockDevice() || entry.isCharacterDevice())
      skip('not a regular file');
    else if (!wanted(name)) skip('left out by pattern');
    else file(name, place);
    return false;
  };

  memory.stable = [];
  memory.reported = 0;
  reaching(disk, [incoming], (reach) => {
    const folder = (relative: string): void => {
      const subfolders: string[] = [];
      try {
        const at = reach.folder(relative);
        for (const entry of entriesOf(disk, at)) {
          if (!isUtf8(entry.name)) {
            skip('name is not UTF-8');
            continue;
          }
          const own = entry.name.toString();
          const name = relative === '' ? own : `${relative}/${own}`;
          if (isWantedFolder(entry, name, path.join(at, own))) subfolders.push(name);
        }
      } catch (error) {
        // A subfolder that vanished, or became a link, is no failure of the sweep; the incoming folder itself is.
        if (relative === '' || !(error instanceof NotOurFolder || errnoOf(error) === 'ENOENT')) throw error;
        if (error instanceof NotOurFolder) skip('symbolic link');
      }
      for (const name of subfolders) folder(name);
      reach.leave(relative);
    };
    folder('');
  });
  sightings.keepOnly(mark);
  memory.stable = stable.sort();
  return { stable: stable.length, stableBytes, waiting, skipped };
}

/** One after the other: a folder of many entries is never held as a whole. */
function* entriesOf(disk: ShareDisk, folder: string): Generator<Dirent<Buffer>> {
  const listing = disk.opendirSync(folder, { encoding: 'buffer' as BufferEncoding, bufferSize: ENTRIES });
  try {
    for (let entry = listing.readSync(); entry; entry = listing.readSync()) yield entry as unknown as Dirent<Buffer>;
  } finally {
    listing.closeSync();
  }
}
