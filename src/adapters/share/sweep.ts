/** Looks through the incoming folder and remembers what it saw. */
import { isUtf8 } from 'node:buffer';
import type { Dirent } from 'node:fs';
import path from 'node:path';
import { choiceOf } from '../../domain/share/file-choice';
import { judgeStability, type FileState, type Sighting, type SweepTime } from '../../domain/share/stability';
import type { SweepFound, SweepRules } from '../../ports/share-files';
import { standing, stateOf } from './file-state';
import { errnoOf, type ShareDisk } from './share-disk';

/** What the sweeps so far saw and left. */
export interface SweepMemory {
  readonly sightings: Map<string, Sighting & { look: number }>;
  looks: number;
  /** Of the last look: what was found stable and not reported yet, and what else there was. */
  rest: { readonly name: string; readonly state: FileState }[];
  last: { readonly rules: string; readonly atMs: number; readonly found: Omit<SweepFound, 'files'> } | undefined;
}

export function emptyMemory(): SweepMemory {
  return { sightings: new Map(), looks: 0, rest: [], last: undefined };
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
  const last = fresh && memory.rest.length > 0 ? known : undefined;
  const found = last?.found ?? look(disk, incoming, rules, memory, now);
  memory.last = last ?? { rules: key, atMs: now.monotonicMs, found };
  const files = memory.rest.slice(0, limit);
  memory.rest = memory.rest.slice(limit);
  return {
    ...found,
    files: files.map(({ name, state: { ino, size, mtimeNs } }) => ({ name, ino, size, mtimeNs })),
  };
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
  const stable: SweepMemory['rest'] = [];
  let [stableBytes, waiting] = [0, 0];
  const skip = (reason: string): void => void (skipped[reason] = (skipped[reason] ?? 0) + 1);
  const wanted = choiceOf(rules);

  const folder = (relative: string): void => {
    let entries: Dirent<Buffer>[];
    try {
      entries = disk.readdirSync(path.join(incoming, relative), { withFileTypes: true, encoding: 'buffer' });
    } catch (error) {
      // A subfolder that vanished meanwhile is no failure of the sweep; the incoming folder itself is.
      if (relative === '' || errnoOf(error) !== 'ENOENT') throw error;
      return;
    }
    for (const entry of entries) {
      if (!isUtf8(entry.name)) {
        skip('name is not UTF-8');
        continue;
      }
      const name = relative === '' ? entry.name.toString() : `${relative}/${entry.name.toString()}`;
      if (entry.isDirectory()) {
        // Folders with a dot are other programs' own, and ours where .processing lies within.
        if (rules.recursive && !entry.name.toString().startsWith('.')) folder(name);
        else skip('folder');
      } else if (entry.isSymbolicLink()) skip('symbolic link');
      else if (entry.isFIFO() || entry.isSocket() || entry.isBlockDevice() || entry.isCharacterDevice())
        skip('not a regular file');
      else if (!wanted(name)) skip('left out by pattern');
      else file(name);
    }
  };

  const file = (name: string): void => {
    const stat = standing(disk, path.join(incoming, name));
    if (!stat) return;
    if (!stat.isFile()) {
      skip('not a regular file');
      return;
    }
    const state = stateOf(stat);
    const judged = judgeStability(sightings.get(name), state, now, rules);
    const sighting = Object.assign(judged.sighting, { look: mark });
    sightings.set(name, sighting);
    if (!judged.stable) {
      waiting++;
      return;
    }
    stableBytes += state.size;
    stable.push({ name, state: sighting });
  };

  memory.rest = [];
  folder('');
  for (const [name, sighting] of sightings) if (sighting.look !== mark) sightings.delete(name);
  memory.rest = stable.sort((a, b) => (a.name < b.name ? -1 : 1));
  return { stable: stable.length, stableBytes, waiting, skipped };
}
