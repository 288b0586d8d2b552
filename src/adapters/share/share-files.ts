import { setTimeout as delay } from 'node:timers/promises';
import type { ShareFiles } from '../../ports/share-files';
import type { OperationName } from './operations';
import { ShareError, ShareTimeout, startShareChild, type ShareChild } from './share-child';
import type { ShareRoots } from './share-disk';

export interface ShareFilesOptions {
  readonly roots: ShareRoots;
  /** Threads of the child besides the one that sweeps: transfers, and one more for what is short. */
  readonly threads: number;
  /** How long a call may take; for a copy, how long it may make no progress. */
  readonly deadlineMs: number;
  readonly onHung?: (operation: string, abandoned: number) => void;
}

const FIRST_BACKOFF_MS = 100;
const LONGEST_BACKOFF_MS = 30_000;
/** Children that hang in the kernel and cannot be killed; beyond these nothing is to be gained by another. */
const MOST_ABANDONED = 16;

/** {@link ShareFiles} in a child process, started with the first call and again, after a back-off, when it is abandoned. */
export function createShareFiles(options: ShareFilesOptions): ShareFiles & {
  /** Process id of the child that takes calls now, 0 when there is none. */
  readonly childPid: () => number;
  readonly stop: () => void;
} {
  const abandoned = new Set<ShareChild>();
  let child: ShareChild | undefined;
  let hangs = 0;
  let notBefore = 0;

  async function usableChild(): Promise<ShareChild> {
    if (child?.usable()) return child;
    if (child) abandoned.add(child);
    child = undefined;
    const wait = notBefore - performance.now();
    if (wait > 0) await delay(wait, undefined, { ref: false });
    // Somebody else may have waited for the same.
    const started = child as ShareChild | undefined;
    if (started?.usable()) return started;
    for (const old of abandoned) if (!old.alive()) abandoned.delete(old);
    if (abandoned.size >= MOST_ABANDONED)
      throw new ShareTimeout(
        `The share hangs: ${abandoned.size} abandoned processes wait for it in the kernel. Mend the share or its mount; they end by themselves then.`,
      );
    child = startShareChild({ roots: options.roots, threads: options.threads }, (operation) => {
      hangs++;
      notBefore = performance.now() + Math.min(FIRST_BACKOFF_MS * 2 ** Math.min(hangs - 1, 20), LONGEST_BACKOFF_MS);
      options.onHung?.(operation, abandoned.size + 1);
    });
    return child;
  }

  async function call(
    operation: OperationName,
    args: readonly unknown[],
    onProgress?: (bytes: number) => void,
  ): Promise<never> {
    const result = await (
      await usableChild()
    )
      .call(operation, args, options.deadlineMs, onProgress)
      .catch((error: unknown) => {
        // An answer, if only a refusal, shows that the share is there.
        if (error instanceof ShareError) hangs = 0;
        throw error as Error;
      });
    hangs = 0;
    return result as never;
  }

  return {
    sweep: (rules) => call('sweep', [rules]),
    claim: (files) => call('claim', [files]),
    claimed: (limit) => call('claimed', [limit]),
    stage: (files, onProgress) => call('stage', [files], onProgress),
    remove: (files) => call('remove', [files]),
    unstage: (paths) => call('unstage', [paths]),
    putBack: (path) => call('putBack', [path]),
    quarantine: (path, reason) => call('quarantine', [path, reason]),
    restore: (path) => call('restore', [path]),
    tidy: () => call('tidy', []),
    check: () => call('check', []),
    childPid: () => (child?.usable() ? child.pid : 0),
    stop() {
      child?.kill();
      for (const old of abandoned) old.kill();
    },
  };
}
