/**
 * The watch over the share (N2, N3, N4): recovers what lies claimed, sweeps, claims, and starts transfers as places free up.
 * Whatever happens in one pass is put right by a later one; only renames and starts leave anything behind.
 */
import { blobNameOf } from '../domain/share/blob-name';
import { claimedPath } from '../domain/share/claimed-path';
import { instanceId } from '../domain/instance-id';
import { SHARE_INBOX, TRANSFER_SHARE, type TransferFile, type TransferInput } from '../domain/share/transfer';
import { retryDelayMs } from '../domain/share/retry-delay';
import type { GroupInbox } from '../ports/inbox';
import type { Orchestrations } from '../ports/orchestrations';
import type { ShareFiles, SweepFound } from '../ports/share-files';
import type { WatchState, WatchStore } from '../ports/watch-store';
import { messageOf, type Logger } from '../telemetry/logger';
import { gauge } from '../telemetry/meters';
import { attributes, spans } from '../telemetry/names';
import { currentTraceparent, inSpan } from '../telemetry/tracing';
import type { ShareFlights } from './share-flights';

export interface SweepPorts {
  readonly share: ShareFiles;
  readonly watch: WatchStore;
  readonly inbox: GroupInbox;
  readonly flights: ShareFlights;
  readonly logger: Logger;
  /** Milliseconds by a clock that never jumps. */
  readonly monotonic: () => number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly random: () => number;
  /** A new identifier, never the same twice. */
  readonly unique: () => string;
}

export interface SweepSettings {
  readonly pollIntervalMs: number;
  readonly minFileAgeMs: number;
  readonly maxAttempts: number;
  /** Who sweeps: the same after a restart of this deployment, another for another. */
  readonly owner: string;
}

export interface SweepView {
  /** Of the last sweep; undefined before the first. */
  readonly found: SweepFound | undefined;
  /** Why the share could not be swept; undefined when it could. */
  readonly trouble: string | undefined;
}

export interface SweepShare {
  /** Recovery when due, one sweep, and as many starts as there are places. */
  pass(orchestrations: Orchestrations): Promise<void>;
  /** Only the starts. */
  dispatch(orchestrations: Orchestrations): Promise<void>;
  /** Lets the next pass recover, whenever the last one did. */
  recoverSoon(): void;
  view(): SweepView;
}

const RECOVERY_MS = 60_000;
const TIDY_MS = 60 * 60 * 1000;
/** A file that fails is tried every few minutes: what nobody touched for so long is of no use to anybody. */
const FORGOTTEN_MS = 24 * TIDY_MS;
const SILENCE_MS = 10_000;
const LEASE_MS = 60_000;
const CLAIM_TOGETHER = 200;
/** Files that are left in the incoming folder, told of one by one between two times of tidying. */
const MOST_TOLD = 1_000;
/** For so long the files of one look are taken one queue after the other, before the folder is looked at again. */
const LONGEST_LOOK_MS = 30_000;

export function createSweepShare(ports: SweepPorts, settings: SweepSettings): SweepShare {
  const { share, watch, inbox, flights, logger, monotonic } = ports;
  let recoverAt = 0;
  let tidyAt = 0;
  let sweepAt = 0;
  let leasedUntil = 0;
  /** The folders were in order, and nothing went wrong since. */
  let checked = false;
  let troubles = 0;
  let trouble: string | undefined;
  let found: SweepFound | undefined;
  const told = new Set<string>();

  /** False when the share is in trouble; then it is left alone for a while, and longer each time. */
  async function withShare(what: string, work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      if (troubles > 0) logger.info('The share answers again', { pipeline: 'nfs', troubles });
      troubles = 0;
      trouble = undefined;
      return true;
    } catch (error) {
      troubles++;
      checked = false;
      trouble = `${what}: ${messageOf(error)}`;
      const wait = Math.min(retryDelayMs(troubles, ports.random()), 60_000);
      sweepAt = monotonic() + wait;
      flights.noteError(trouble);
      logger.warn('The share is in trouble', {
        pipeline: 'nfs',
        doing: what,
        reason: messageOf(error),
        againInMs: wait,
      });
      return false;
    }
  }

  /** Folders that are missing or shut are named with their setting, rather than by a system's code in the middle of work. */
  async function checkFolders(): Promise<void> {
    if (checked) return;
    const problems = await share.check();
    if (problems.length > 0) throw new Error(problems.join(' '));
    checked = true;
  }

  async function recover(): Promise<void> {
    const room = flights.room();
    const { files, strangers } = await share.claimed(flights.known() + room);
    let count = 0;
    for (const { path, size } of files) {
      if (count >= room) break;
      if (flights.knows(path)) continue;
      flights.enqueue(path, size);
      count++;
    }
    recoverAt = monotonic() + RECOVERY_MS;
    if (count > 0) logger.info('Files found claimed are taken up', { pipeline: 'nfs', files: count });
    if (strangers.length > 0)
      logger.warn('Files in the processing folder that nobody claimed are left alone', {
        pipeline: 'nfs',
        files: strangers.join(', ').slice(0, 1_000),
      });
  }

  /** One host at a time sweeps; the others see to what lies claimed. */
  async function maySweep(): Promise<boolean> {
    if (monotonic() < leasedUntil - (LEASE_MS * 2) / 3) return true;
    const [claim] = await inbox.claimAll('nfs sweep', ['nfs sweep'], settings.owner, LEASE_MS);
    if (claim?.kind !== 'claimed') return false;
    leasedUntil = monotonic() + LEASE_MS;
    return true;
  }

  async function sweep(session: WatchState): Promise<void> {
    // A full queue has work for longer than the next look takes to come.
    if (!session.dryRun && !flights.wantsMore()) return;
    const room = flights.room();
    const swept = await share.sweep({
      include: session.include,
      exclude: session.exclude,
      recursive: session.recursive,
      minAgeMs: settings.minFileAgeMs,
      minGapMs: settings.pollIntervalMs / 2,
      limit: Math.max(room, session.dryRun ? 20 : 0),
      maxLookAgeMs: session.dryRun ? 0 : LONGEST_LOOK_MS,
    });
    found = swept;
    if (session.dryRun || swept.files.length === 0 || room === 0) return;
    const wanted = swept.files.slice(0, room).flatMap(({ name, ...state }) => {
      const path = claimedPath({ date: session.date, session: session.encoded, file: name });
      const blob = blobNameOf(path);
      if (blob.kind === 'name') return [{ name, state, path }];
      leave(name, blob.reason);
      return [];
    });
    for (let from = 0; from < wanted.length; from += CLAIM_TOGETHER) {
      // Whoever stopped it, or started another, while the folder was looked at is obeyed from here on.
      if (!sameSession(session, await watch.read())) return;
      await claim(wanted.slice(from, from + CLAIM_TOGETHER));
    }
  }

  /** Told once an hour, though every sweep finds it again. */
  function leave(file: string, reason: string): void {
    const what = `${file} is left in the incoming folder: ${reason}`;
    if (told.has(what) || told.size >= MOST_TOLD) return;
    told.add(what);
    logger.warn('A file is left in the incoming folder', { pipeline: 'nfs', file, reason });
    flights.noteError(what);
  }

  async function claim(files: Parameters<ShareFiles['claim']>[0]): Promise<void> {
    const outcomes = await share.claim(files);
    let claimed = 0;
    for (const [i, outcome] of outcomes.entries()) {
      const file = files[i]?.name ?? '';
      if (outcome.kind === 'claimed') {
        flights.enqueue(outcome.path, outcome.size);
        claimed++;
      } else if (outcome.kind === 'failed') {
        leave(file, outcome.error);
      } else if (outcome.kind === 'occupied') {
        leave(file, 'an earlier file of its name is still being carried');
      } else {
        logger.debug('A file was not claimed', { pipeline: 'nfs', file, reason: outcome.kind });
      }
    }
    if (claimed > 0) logger.info('Files claimed', { pipeline: 'nfs', files: claimed });
  }

  async function dispatch(orchestrations: Orchestrations): Promise<void> {
    flights.wakeDue();
    for (;;) {
      const next = flights.depart(transferId);
      if (!next) break;
      const input: TransferInput = { run: ports.unique(), files: next.files, maxAttempts: settings.maxAttempts };
      try {
        await inSpan(spans.shareSweep, { attributes: { [attributes.files]: next.files.length } }, () =>
          orchestrations.ensureStarted(TRANSFER_SHARE, next.id, input, currentTraceparent()),
        );
      } catch (error) {
        flights.cancel(next.id);
        throw error;
      }
    }
    gauge('shareInFlight', flights.inAir());
    gauge('shareQueued', flights.queued().files);
  }

  /** Transfers that run in another process, or that nobody runs any more. */
  async function lookForSilent(orchestrations: Orchestrations): Promise<void> {
    for (const id of flights.silent(SILENCE_MS)) {
      if (await orchestrations.isRunning(id)) flights.heard(id);
      else flights.cancel(id);
    }
  }

  async function saveTally(): Promise<void> {
    const taken = flights.takeTally();
    if (taken.processedOk + taken.processedErr === 0 && taken.lastError === undefined) return;
    const { lastError, ...counts } = taken;
    try {
      await watch.add({ ...counts, ...(lastError === undefined ? {} : { lastError }) });
    } catch (error) {
      flights.giveBackTally(taken);
      throw error;
    }
  }

  return {
    async pass(orchestrations) {
      const session = await watch.read();
      if (monotonic() >= sweepAt) {
        await withShare('looking at the share', async () => {
          await checkFolders();
          if (monotonic() >= tidyAt) told.clear();
          if (monotonic() >= recoverAt) await recover();
          await dispatch(orchestrations);
          if (session?.enabled && (await maySweep())) await sweep(session);
          else found = undefined;
          if (monotonic() >= tidyAt) {
            await share.tidy();
            await inbox.tidy(SHARE_INBOX, ports.now() - FORGOTTEN_MS);
            tidyAt = monotonic() + TIDY_MS;
          }
        });
      }
      await dispatch(orchestrations);
      await lookForSilent(orchestrations);
      await saveTally();
    },
    dispatch,
    recoverSoon() {
      recoverAt = 0;
    },
    view: () => ({ found, trouble }),
  };
}

function sameSession(session: WatchState, now: WatchState | undefined): boolean {
  return now?.enabled === true && now.startedAt === session.startedAt && now.encoded === session.encoded;
}

/** The same files always have the same id, on every host (C7). */
function transferId(files: readonly TransferFile[]): string {
  return instanceId('nfs', ...files.map(({ path }) => path));
}
