/** Looks through the incoming folder and remembers what it saw. */
import { isUtf8 } from 'node:buffer';
import type { Dirent } from 'node:fs';
import path from 'node:path';
import { choiceOf } from '../../domain/share/file-choice';
import { judgeStability, type FileState, type Sighting, type SweepTime } from '../../domain/share/stability';
import type { SweepFound, SweepRules } from '../../ports/share-files';
import { standing, stateOf } from './file-state';
import { errnoOf, type ShareDisk } from './share-disk';

export type SweepMemory = Map<string, Sighting>;

interface Seen {
  readonly files: ({ name: string } & FileState)[];
  readonly skipped: Record<string, number>;
  readonly memory: SweepMemory;
  stableBytes: number;
  waiting: number;
}

/** `memory` is replaced by what stands there now, so that it never outgrows the folder. */
export function sweepFolder(
  disk: ShareDisk,
  incoming: string,
  rules: SweepRules,
  memory: SweepMemory,
  now: SweepTime,
): { readonly found: SweepFound; readonly memory: SweepMemory } {
  const wanted = choiceOf(rules);
  const seen: Seen = { files: [], skipped: {}, memory: new Map(), stableBytes: 0, waiting: 0 };
  const skip = (reason: string): void => void (seen.skipped[reason] = (seen.skipped[reason] ?? 0) + 1);

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
    const { stable, sighting } = judgeStability(memory.get(name), state, now, rules);
    seen.memory.set(name, sighting);
    if (!stable) {
      seen.waiting++;
      return;
    }
    seen.stableBytes += state.size;
    seen.files.push({ name, ino: state.ino, size: state.size, mtimeNs: state.mtimeNs });
  };

  folder('');
  const stable = seen.files.length;
  seen.files.sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    found: {
      files: seen.files.slice(0, rules.limit),
      stable,
      stableBytes: seen.stableBytes,
      waiting: seen.waiting,
      skipped: seen.skipped,
    },
    memory: seen.memory,
  };
}
