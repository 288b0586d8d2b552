/** The wiring of the share pipeline; part of composition.ts. */
import { randomBytes, randomUUID } from 'node:crypto';
import os from 'node:os';
import { createBuryShareFile } from './activities/bury-share-file';
import { createTransferShareFiles } from './activities/transfer-share-files';
import { boundedBlockMemory, createBlockMemory } from './adapters/azure-storage/block-memory';
import { createByteGate } from './adapters/azure-storage/byte-gate';
import { createShareAccount } from './adapters/azure-storage/share-account';
import { createShareBlobs } from './adapters/azure-storage/share-blobs';
import { createShareFiles } from './adapters/share/share-files';
import type { ShareConfig } from './config/share-config';
import { uuidV7 } from './domain/uuid-v7';
import { createReplayShareFile } from './intake/replay-share-file';
import { ShareFlights } from './intake/share-flights';
import { createSweepShare } from './intake/sweep-share';
import { createWatchSession } from './intake/watch-session';
import type { Clock } from './ports/clock';
import type { DeadLetterStore } from './ports/dead-letter-store';
import type { GroupInbox } from './ports/inbox';
import type { ItemNotes } from './ports/item-notes';
import type { Probe } from './ports/probe';
import type { WatchStore } from './ports/watch-store';
import type { Logger } from './telemetry/logger';
import { count } from './telemetry/meters';

export type ShareApp = ReturnType<typeof composeShare>;

export interface SharePorts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly groupInbox: GroupInbox;
  readonly watch: WatchStore;
  readonly deadLetters: DeadLetterStore;
  readonly items: ItemNotes;
}

export function composeShare(config: ShareConfig, ports: SharePorts) {
  const { clock, logger, watch } = ports;
  const monotonic = (): number => performance.now();
  const account = createShareAccount(config.access);
  const share = createShareFiles({
    roots: config.roots,
    threads: config.workerConcurrency + 1,
    deadlineMs: config.deadlineMs,
    onHung: (operation, abandoned) => {
      count('shareHangs', 1);
      logger.warn('The share does not answer; its process is abandoned', { pipeline: 'nfs', operation, abandoned });
    },
  });
  const flights = new ShareFlights({
    maxQueueSize: config.maxQueueSize,
    slots: config.workerConcurrency,
    smallBytes: config.singlePutSize,
    monotonic,
    random: Math.random,
    now: () => clock.now(),
  });
  const blobs = createShareBlobs(account, {
    stagingRoot: config.roots.staging,
    verify: config.verify,
    blockSize: config.blockSize,
    singlePutSize: config.singlePutSize,
    concurrency: config.concurrency,
    memory: boundedBlockMemory(
      createBlockMemory(),
      config.concurrency * Math.max(config.blockSize, config.singlePutSize),
    ),
    ...(config.maxBytesPerS > 0 ? { gate: createByteGate(config.maxBytesPerS) } : {}),
  });
  const sweeper = createSweepShare(
    {
      share,
      watch,
      inbox: ports.groupInbox,
      flights,
      logger,
      monotonic,
      now: () => clock.now(),
      random: Math.random,
      unique: randomUUID,
    },
    {
      pollIntervalMs: config.pollIntervalMs,
      minFileAgeMs: config.minFileAgeMs,
      maxAttempts: config.maxAttempts,
      owner: `${os.hostname()}:${config.roots.staging}`,
    },
  );
  const view = () => sweeper.view();

  return {
    config,
    share,
    account,
    flights,
    sweeper,
    watchSession: createWatchSession({
      watch,
      flights,
      view,
      clock,
      logger,
      uuid: (timeMs) => uuidV7(timeMs, randomBytes(10)),
    }),
    replayFile: createReplayShareFile({
      share,
      inbox: ports.groupInbox,
      flights,
      recoverSoon: () => sweeper.recoverSoon(),
      logger,
    }),
    probes: [accountProbe(config, account), shareProbe(config, view)] as readonly Probe[],
    activities: {
      'transfer-share-files': createTransferShareFiles(
        { share, blobs, inbox: ports.groupInbox, flights, items: ports.items, clock, logger, monotonic },
        { blockSize: config.blockSize, concurrency: config.concurrency },
      ),
      'bury-share-file': createBuryShareFile(
        { deadLetters: ports.deadLetters, inbox: ports.groupInbox, share, logger },
        config,
      ),
    },
  };
}

/** On a host without the share's settings the activities say so, and the orchestration's retries wait for one that has them. */
export const shareActivitiesElsewhere = {
  'transfer-share-files': elsewhere,
  'bury-share-file': elsewhere,
};

async function elsewhere(): Promise<never> {
  throw new Error('This host has no share: give it the APP_… settings, or a task hub of its own (docs/settings.md).');
}

function accountProbe(config: ShareConfig, account: ReturnType<typeof createShareAccount>): Probe {
  return {
    name: `container ${config.access.container}`,
    async check(signal) {
      const container = await account.container();
      await container.getProperties({ abortSignal: signal });
    },
  };
}

/** What the last sweep found; HTTP never touches the share itself (N2). */
function shareProbe(config: ShareConfig, view: () => { readonly trouble: string | undefined }): Probe {
  return {
    name: `share ${config.roots.incoming}`,
    async check() {
      const { trouble } = view();
      if (trouble !== undefined) throw new Error(trouble);
    },
  };
}
