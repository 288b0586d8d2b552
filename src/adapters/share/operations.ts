/**
 * What the share's process does, by name. All that touches the share is synchronous: a call that hangs holds its own thread and
 * nothing else. Only what waits for the local staging disk does not.
 */
import type { ClaimOutcome, MoveOutcome, RemoveOutcome, ShareFiles } from '../../ports/share-files';
import type { SweepTime } from '../../domain/share/stability';
import { checkFolders, claimedFiles, tidyFolders } from './folders';
import { claimFile, putBackFile, quarantineFile, removeClaimed, restoreFile, unstageFile } from './moves';
import { reaching } from './reach';
import { errnoOf, messageOf, type ShareDisk, type ShareRoots } from './share-disk';
import { Stage } from './stage';
import { emptyMemory, sweepFolder } from './sweep';

export type OperationName = keyof ShareFiles;
type Result<K extends OperationName> = Awaited<ReturnType<ShareFiles[K]>>;

export type ShareOperations = {
  readonly [K in Exclude<OperationName, 'stage'>]: (...args: Parameters<ShareFiles[K]>) => Result<K>;
} & Pick<ShareFiles, 'stage'>;

export function createOperations(disk: ShareDisk, roots: ShareRoots, now: () => SweepTime): ShareOperations {
  const memory = emptyMemory();
  const stage = new Stage(disk, roots);
  const attempt = <T>(work: () => T) => {
    try {
      return work();
    } catch (error) {
      return { kind: 'failed' as const, code: errnoOf(error), error: messageOf(error) };
    }
  };
  return {
    sweep: (rules) => sweepFolder(disk, roots.incoming, rules, memory, now()),
    claim: (files) =>
      reaching(disk, [roots.incoming, roots.processing], (incoming, processing) =>
        files.map((file): ClaimOutcome => {
          const outcome = attempt(() => claimFile(disk, { incoming, processing }, file));
          if (outcome.kind !== 'occupied') memory.sightings.delete(file.name);
          return outcome;
        }),
      ),
    claimed: (limit) => claimedFiles(disk, roots, limit),
    stage: (files, onProgress = () => undefined) => stage.copy(files, onProgress),
    remove: (files) =>
      reaching(disk, [roots.processing], (processing) =>
        files.map((file): RemoveOutcome => attempt(() => removeClaimed(disk, roots, processing, file))),
      ),
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
