/** What the share's process does, by name. Everything is synchronous: a call that hangs holds its own thread and nothing else. */
import type { ClaimOutcome, MoveOutcome, RemoveOutcome, ShareFiles } from '../../ports/share-files';
import type { SweepTime } from '../../domain/share/stability';
import { checkFolders, claimedFiles, tidyFolders } from './folders';
import { claimFile, putBackFile, quarantineFile, removeClaimed, restoreFile, unstageFile } from './moves';
import { errnoOf, messageOf, type ShareDisk, type ShareRoots } from './share-disk';
import { stageFiles } from './stage';
import { sweepFolder, type SweepMemory } from './sweep';

export type OperationName = keyof ShareFiles;
type Result<K extends OperationName> = Awaited<ReturnType<ShareFiles[K]>>;

export type ShareOperations = {
  readonly [K in OperationName]: (...args: Parameters<ShareFiles[K]>) => Result<K>;
};

export function createOperations(disk: ShareDisk, roots: ShareRoots, now: () => SweepTime): ShareOperations {
  let memory: SweepMemory = new Map();
  const attempt = <T>(work: () => T) => {
    try {
      return work();
    } catch (error) {
      return { kind: 'failed' as const, code: errnoOf(error), error: messageOf(error) };
    }
  };
  return {
    sweep(rules) {
      const swept = sweepFolder(disk, roots.incoming, rules, memory, now());
      memory = swept.memory;
      return swept.found;
    },
    claim: (files) =>
      files.map((file): ClaimOutcome => {
        const outcome = attempt(() => claimFile(disk, roots, file));
        if (outcome.kind !== 'occupied') memory.delete(file.name);
        return outcome;
      }),
    claimed: (limit) => claimedFiles(disk, roots, limit),
    stage: (files, onProgress = () => undefined) => stageFiles(disk, roots, files, onProgress),
    remove: (files) => files.map((file): RemoveOutcome => attempt(() => removeClaimed(disk, roots, file))),
    unstage(paths) {
      for (const path of paths) attempt(() => unstageFile(disk, roots, path));
    },
    putBack: (path): MoveOutcome => attempt(() => putBackFile(disk, roots, path)),
    quarantine: (path, reason): MoveOutcome => attempt(() => quarantineFile(disk, roots, path, reason)),
    restore: (path): MoveOutcome => attempt(() => restoreFile(disk, roots, path)),
    tidy: () => tidyFolders(disk, roots, now().wallMs),
    check: () => checkFolders(disk, roots),
  };
}
