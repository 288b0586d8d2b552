/**
 * The one activity of the share pipeline: stages, uploads, proves and cleans up, on one machine (N3). Invariants: 1. only the
 * holder of a file's claim works on it; 2. no byte is sent before the staged copy is durable; 3. a source is deleted only after
 * its blob was proven, the inbox said once more that the claim is ours, and only while it is what was staged; 4. a crash anywhere leaves the file in `.processing`, where the
 * next run of this activity, or recovery, does it again without another effect; 5. what failed for a reason that is not the
 * file's own (general-failure.ts) is no try of it: it is postponed.
 */
import { blobNameOf } from '../domain/share/blob-name';
import { parseClaimedPath } from '../domain/share/claimed-path';
import { isMachineTrouble, isStagingTrouble, isStorageTrouble } from '../domain/share/general-failure';
import type { ItemRef, ItemState } from '../domain/items/item';
import {
  SHARE_INBOX,
  shareInboxKey,
  type TransferErrorCode,
  type TransferFile,
  type TransferOutcome,
  type TransferResult,
} from '../domain/share/transfer';
import type { Flight, FlightLog } from '../ports/flight-log';
import { shareItem } from '../domain/items/item-of-letter';
import type { Clock } from '../ports/clock';
import type { GroupInbox } from '../ports/inbox';
import type { ItemNotes } from '../ports/item-notes';
import type { Permit, ShareBlobs } from '../ports/share-blobs';
import type { Failed, ShareFiles, StagedFile } from '../ports/share-files';
import { messageOf, type Logger } from '../telemetry/logger';
import { count, record } from '../telemetry/meters';
import { attributes, spans } from '../telemetry/names';
import { currentTraceId, inSpan } from '../telemetry/tracing';

export type TransferShareFiles = (input: {
  readonly instanceId: string;
  readonly run: string;
  readonly files: readonly TransferFile[];
}) => Promise<TransferResult>;

export interface TransferPorts {
  readonly share: ShareFiles;
  readonly blobs: ShareBlobs;
  readonly inbox: GroupInbox;
  readonly flights: FlightLog;
  readonly items: ItemNotes;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Milliseconds by a clock that never jumps. */
  readonly monotonic: () => number;
}

export interface TransferSettings {
  readonly blockSize: number;
  /** Most files of one transfer that are uploaded at a time. */
  readonly concurrency: number;
}

const LEASE_MS = 60_000;
const RENEW_MS = 20_000;

/** A file between its steps; `outcome` once it has left them. */
interface Work {
  readonly file: TransferFile;
  readonly blob: string;
  staged?: StagedFile;
  outcome?: TransferOutcome;
  /** What became of the source is not known: its claim is left to run out. */
  unsure?: true;
  /** What the share said may be the file's fault or the share's own. */
  suspect?: true;
}

type Ended = Extract<TransferOutcome, { kind: 'failed' | 'postponed' }>;

export function createTransferShareFiles(ports: TransferPorts, settings: TransferSettings): TransferShareFiles {
  const { share, blobs, inbox, flights, items, clock, logger } = ports;

  return async ({ instanceId, run, files }) => {
    const flight = await flights.board(instanceId, files);
    const began = ports.monotonic();
    try {
      const works = files.map(workOf);
      items.note(
        ...files.map(({ path }) => ({ ...itemOf(path), state: 'working' as const, atMs: clock.now(), instanceId })),
      );
      await transfer(works, run, flight);
      await countFailures(works, run);
      const outcomes = works.map(({ outcome }) => outcome ?? failed('SHARE_FAILED', 'The transfer ended early.'));
      for (const [i, outcome] of outcomes.entries()) note(files[i]?.path ?? '', outcome, instanceId);
      record('shareTransferDuration', (ports.monotonic() - began) / 1000, {
        [attributes.parcel]: files.length === 1 ? 'one' : 'many',
      });
      flight.land(outcomes);
      await items.kept();
      return { outcomes };
    } finally {
      flight.land();
    }
  };

  async function transfer(works: readonly Work[], run: string, flight: Flight): Promise<void> {
    const keys = (of: readonly Work[]): string[] => of.map(({ file }) => shareInboxKey(file.path));
    const asked = open(works);
    if (asked.length === 0) return;
    let heldUntil = ports.monotonic() + LEASE_MS;
    try {
      const claims = await inbox.claimAll(SHARE_INBOX, keys(asked), run, LEASE_MS);
      for (const [i, claim] of claims.entries()) {
        const work = asked[i];
        if (work && claim.kind === 'held') work.outcome = { kind: 'held', until: claim.until };
      }
    } catch (error) {
      for (const work of asked)
        work.outcome = postponed('UPLOAD_FAILED', `No claim could be made: ${messageOf(error)}`);
    }
    const mine = open(works);
    const stop = new AbortController();
    // A claim that was lost is another's: nothing more may be sent or deleted under it. One that ran out unrenewed, while this
    // process stood still or the inbox was away, may be.
    const ours = (): boolean => {
      if (ports.monotonic() >= heldUntil) stop.abort(new Error('The claim ran out before it could be renewed.'));
      return !stop.signal.aborted;
    };
    const permit: Permit = {
      signal: stop.signal,
      check() {
        if (!ours()) throw stop.signal.reason as Error;
      },
    };
    const renew = async (): Promise<void> => {
      permit.check();
      const renewedAt = ports.monotonic();
      const again = await inbox.claimAll(SHARE_INBOX, keys(mine), run, LEASE_MS);
      if (again.some(({ kind }) => kind === 'held')) stop.abort(new Error('Another run took the claim over.'));
      else heldUntil = renewedAt + LEASE_MS;
      permit.check();
    };
    const renewal = setInterval(() => void renew().catch(() => undefined), RENEW_MS);
    renewal.unref();
    try {
      await stage(mine, flight);
      flight.phase('uploading');
      await upload(open(mine), flight, permit);
      flight.phase('cleaning');
      await clean(mine, permit, renew);
      await judgeShare(mine);
    } finally {
      clearInterval(renewal);
      // Nobody but its own run may go on with a file of which the share did not say what became of it.
      const sure = works.filter(
        ({ unsure, outcome }) => !unsure && outcome?.kind !== 'failed' && outcome?.kind !== 'held',
      );
      const [waiting, through] = [
        sure.filter(({ outcome }) => outcome?.kind === 'postponed'),
        sure.filter(({ outcome }) => outcome?.kind !== 'postponed' && outcome?.kind !== undefined),
      ];
      // What is not released runs out by itself.
      await Promise.all([
        through.length > 0 && inbox.releaseAll(SHARE_INBOX, keys(through), run),
        waiting.length > 0 && inbox.endAll(SHARE_INBOX, keys(waiting), run),
      ]).catch((error: unknown) => {
        logger.warn('Claims are left to run out', { pipeline: 'nfs', reason: messageOf(error) });
      });
    }
  }

  /** What the share refused is a file's own fault only where the share is in order. */
  async function judgeShare(works: readonly Work[]): Promise<void> {
    const suspects = works.filter(({ suspect, outcome }) => suspect && outcome?.kind === 'failed');
    if (suspects.length === 0) return;
    const problems = await share.check().catch((error: unknown) => [messageOf(error)]);
    if (problems.length > 0) for (const work of suspects) work.outcome = postponed('SHARE_FAILED', problems.join(' '));
  }

  /** Kept in the inbox, so that a restart does not begin to count anew. */
  async function countFailures(works: readonly Work[], run: string): Promise<void> {
    for (const unsure of [false, true]) {
      const left = works.filter((work) => work.outcome?.kind === 'failed' && (work.unsure ?? false) === unsure);
      if (left.length === 0) continue;
      const keys = left.map(({ file }) => shareInboxKey(file.path));
      try {
        const counted = await inbox.failAll(SHARE_INBOX, keys, run, unsure);
        for (const [i, work] of left.entries()) {
          const { failures, told } = counted[i] ?? { failures: 1, told: false };
          if (work.outcome?.kind === 'failed') work.outcome = { ...work.outcome, attempts: failures, told };
        }
      } catch (error) {
        logger.warn('Failures could not be noted', { pipeline: 'nfs', reason: messageOf(error) });
      }
    }
  }

  async function stage(works: readonly Work[], flight: Flight): Promise<void> {
    flight.phase('staging');
    const asked = works.map(({ file }) => ({
      path: file.path,
      blockSize: settings.blockSize,
      apart: file.failures > 0 || file.alone === true,
    }));
    if (asked.length === 0) return;
    const results = await share.stage(asked).catch((error: unknown) => {
      for (const work of works) work.outcome = { ...postponed('SHARE_FAILED', messageOf(error)), hung: true };
      return [];
    });
    for (const [i, work] of open(works).entries()) {
      const result = results[i];
      if (result?.kind === 'staged') work.staged = result;
      else if (result?.kind === 'gone') work.outcome = { kind: 'gone' };
      else if (result?.kind === 'changed') work.outcome = await putBack(work);
      else work.outcome = refused(work, result);
    }
  }

  /** Several at a time; one that fails does not hold the others up, storage that fails does. */
  async function upload(works: readonly Work[], flight: Flight, permit: Permit): Promise<void> {
    let next = 0;
    let trouble: Ended | undefined;
    const lane = async (): Promise<void> => {
      for (let work = works[next++]; work; work = works[next++]) {
        if (trouble) {
          work.outcome = { ...postponed(trouble.code, trouble.error), tried: false };
          continue;
        }
        await traced(work, () => store(work, flight, permit));
        if (work.outcome?.kind === 'postponed') trouble = work.outcome;
      }
    };
    await Promise.all(Array.from({ length: Math.min(settings.concurrency, works.length) }, lane));
  }

  /** A span for each file, by which it is found. */
  function traced({ file: { path } }: Work, send: () => Promise<void>): Promise<void> {
    const { date, session, file } = parseClaimedPath(path) ?? { date: '', session: '', file: path };
    const told = { [attributes.file]: file, [attributes.session]: session, [attributes.date]: date };
    return inSpan(spans.shareFile, { attributes: told }, send);
  }

  async function store(work: Work, flight: Flight, permit: Permit): Promise<void> {
    const { file, blob, staged } = work;
    if (!staged) return;
    try {
      permit.check();
      const onSent = (bytes: number): void => flight.sent(file.path, bytes);
      const stored = await blobs.store({ path: file.path, name: blob, staged }, onSent, permit);
      if (stored.kind === 'mismatch') {
        work.outcome = failed('VERIFY_FAILED', stored.reason);
        return;
      }
      count('shareSent', stored.sentBytes);
      work.outcome = { kind: 'done', blob, bytes: staged.state.size, md5: staged.md5 };
    } catch (error) {
      const general = permit.signal.aborted || isStorageTrouble(error);
      work.outcome = (general ? postponed : failed)('UPLOAD_FAILED', messageOf(error));
    }
  }

  /** Deletes the sources of what was proven, once the claim is confirmed, and the staged copies of all. */
  async function clean(works: readonly Work[], permit: Permit, confirm: () => Promise<void>): Promise<void> {
    let stored = works.filter(({ outcome }) => outcome?.kind === 'done');
    try {
      if (stored.length > 0) await confirm();
      else permit.check();
    } catch (error) {
      // The staged copies may be another run's by now.
      const reason = `The claim could not be confirmed: ${messageOf(error)}`;
      for (const work of stored) work.outcome = postponed('UPLOAD_FAILED', reason);
      return;
    }
    const asked = stored.flatMap(({ file, staged }) => (staged ? [{ path: file.path, state: staged.state }] : []));
    if (asked.length > 0) {
      const results = await share.remove(asked).catch((error: unknown) => {
        for (const work of stored) {
          work.unsure = true;
          work.outcome = postponed('SHARE_FAILED', messageOf(error));
        }
        stored = [];
        return [];
      });
      for (const [i, work] of stored.entries()) {
        const result = results[i];
        if (result?.kind === 'removed' || result?.kind === 'gone') continue;
        if (result?.kind === 'changed') {
          work.outcome = await putBack(work);
          continue;
        }
        work.outcome = refused(work, result);
      }
    }
    const left = works.filter(({ staged, outcome }) => staged && outcome?.kind !== 'done');
    if (left.length > 0) await share.unstage(left.map(({ file }) => file.path)).catch(() => undefined);
  }

  /** A file whose writer was not done goes back to the sweep; where its name is taken by now, it is tried again in its place. */
  async function putBack(work: Work): Promise<TransferOutcome> {
    try {
      const moved = await share.putBack(work.file.path);
      if (moved.kind === 'moved') return { kind: 'returned' };
      if (moved.kind === 'gone') return { kind: 'gone' };
      if (moved.kind === 'failed') return refused(work, moved);
      return failed('SOURCE_CHANGING', 'It changed while it was copied, and its name is taken in the incoming folder.');
    } catch (error) {
      return postponed('SHARE_FAILED', messageOf(error));
    }
  }

  function note(path: string, outcome: TransferOutcome, instanceId: string): void {
    const { date, session, file } = parseClaimedPath(path) ?? { date: '', session: '', file: path };
    const fields = { pipeline: 'nfs', file, session, date, instanceId };
    count('shareFiles', 1, { [attributes.outcome]: outcome.kind });
    const traceId = currentTraceId();
    const [state, detail] = itemStateOf(outcome);
    items.note({
      ...{ ...shareItem({ date, session, file }), state, atMs: clock.now(), detail, instanceId },
      ...(traceId === undefined ? {} : { traceId }),
    });
    if (outcome.kind === 'done') {
      count('shareBytes', outcome.bytes);
      logger.info('File arrived', { ...fields, blob: outcome.blob, size: outcome.bytes, md5: outcome.md5 });
    } else if (outcome.kind === 'failed') {
      logger.error('File failed; it stays claimed', { ...fields, code: outcome.code, reason: outcome.error });
    } else if (outcome.kind === 'postponed') {
      const level = outcome.tried ? 'warn' : 'debug';
      logger[level]('File waits; it is not its own fault', { ...fields, code: outcome.code, reason: outcome.error });
    } else {
      logger.info('File was left', { ...fields, reason: outcome.kind });
    }
  }
}

function itemOf(path: string): ItemRef {
  return shareItem(parseClaimedPath(path) ?? { date: '', session: '', file: path });
}

/** A file that failed is tried again, until it becomes a dead letter, which says so itself. */
function itemStateOf(outcome: TransferOutcome): readonly [ItemState, string] {
  switch (outcome.kind) {
    case 'done':
      return ['done', outcome.blob];
    case 'failed':
    case 'postponed':
      return ['waiting', `${outcome.code}: ${outcome.error}`];
    case 'returned':
      return ['skipped', 'Its writer was not done; it is claimed anew when it stays the same.'];
    case 'gone':
      return ['skipped', 'It was gone.'];
    case 'held':
      return ['working', 'Another run has it.'];
  }
}

function workOf(file: TransferFile): Work {
  const name = blobNameOf(file.path);
  if (name.kind === 'name') return { file, blob: name.name };
  return { file, blob: '', outcome: failed('NAME_UNSUPPORTED', `No blob can have its name: ${name.reason}.`) };
}

function open(works: readonly Work[]): Work[] {
  return works.filter(({ outcome }) => outcome === undefined);
}

function failed(code: TransferErrorCode, error: string): Extract<TransferOutcome, { kind: 'failed' }> {
  return { kind: 'failed', code, error: error.slice(0, 1_000) };
}

function postponed(code: TransferErrorCode, error: string): Extract<TransferOutcome, { kind: 'postponed' }> {
  return { kind: 'postponed', code, error: error.slice(0, 1_000), tried: true };
}

function refused(work: Work, result: { readonly kind: string } | undefined): Ended {
  if (result?.kind !== 'failed') return failed('SHARE_FAILED', 'The share did not say what became of it.');
  const { code, error, staging } = result as Failed;
  if (staging) return (isStagingTrouble(code) ? postponed : failed)('STAGING_FAILED', error);
  if (isMachineTrouble(code)) return postponed('SHARE_FAILED', error);
  work.suspect = true;
  return failed('SHARE_FAILED', error);
}
