/**
 * Moves one version from `incoming` to its destination: hash the source, copy exactly that version, read the copy back and
 * compare, and delete the source while it is still that version. Every call finds what an earlier one left.
 */
import { bareEtag, INCOMING_CONTAINER, versionId, type BlobMove } from '../domain/blob-events/blob-event';
import { PROCESSED_CONTAINER } from '../domain/media/media-event';
import { incomingItem } from '../domain/items/item-of-letter';
import type { Clock } from '../ports/clock';
import type { ItemNotes } from '../ports/item-notes';
import type { BlobFacts, BlobHash, BlobRef, BlobStore } from '../ports/blob-store';
import { count } from '../telemetry/meters';
import { attributes } from '../telemetry/names';

/** Where an earlier call left off. */
export type MoveStage =
  /** Storage is still copying. */
  | { readonly kind: 'copying' }
  /** Nothing but how much can be read in one call. */
  | { readonly kind: 'slower'; readonly partBytes: number }
  /** Copied; the bytes before `from` were compared. Both quoted. `partBytes`: where it was found to be less than usual. */
  | {
      readonly kind: 'comparing';
      readonly etag: string;
      readonly copyEtag: string;
      readonly from: number;
      readonly partBytes?: number;
    };

export type MoveResult =
  | { readonly kind: 'moved' | 'superseded' | 'vanished' | 'unknown' }
  | { readonly kind: 'unfinished'; readonly stage: MoveStage }
  /** What was copied is not what the source holds; the copy was removed. */
  | { readonly kind: 'mismatch'; readonly reason: string };

/** `etag`: bare, as the message named it. */
export type MoveBlob = (input: {
  readonly move: BlobMove;
  readonly etag?: string;
  readonly stage?: MoveStage;
}) => Promise<MoveResult>;

/** Metadata of a moved blob: the version it was, and its name in `incoming`, percent-encoded, or in base64 where that is too long. */
export const MOVED_ETAG = 'sluice_source_etag';
export const MOVED_FROM = 'sluice_source';
export const MOVED_FROM_BASE64 = 'sluice_source_base64';

/** Read in one call, of either side: about nine minutes at 60 MB/s. */
const PART_BYTES = 16 * 1024 ** 3;
/** A part that this is too short for is read in halves, so that no blob is too large, nor storage too slow, for `functionTimeout`. */
export const LONGEST_CALL_MS = 12 * 60_000;
/** Of the time that a run may take; the rest is for what else a call does. */
const CALL = 0.4;

/** How long one call may read where the host ends a run after `runMs`. */
export function longestCallMs(runMs: number): number {
  return Math.min(LONGEST_CALL_MS, runMs * CALL);
}

/** Less than this in one call is no progress: the move is given up. */
const LEAST_PART_BYTES = 64 * 1024 ** 2;
/** A destination that changes under every one of these is left to the retry policy. */
const COPY_TRIES = 5;

export function createMoveBlob({
  blobs,
  items,
  clock,
  account,
  partBytes: usualPart = PART_BYTES,
  leastPartBytes = LEAST_PART_BYTES,
  longestCall = () => AbortSignal.timeout(LONGEST_CALL_MS),
}: {
  readonly blobs: BlobStore;
  readonly items: ItemNotes;
  readonly clock: Clock;
  readonly account: string;
  /** @default 16 GiB */
  readonly partBytes?: number;
  /** @default 64 MiB */
  readonly leastPartBytes?: number;
  /** Aborts when one call has read for too long. @default 12 minutes */
  readonly longestCall?: () => AbortSignal;
}): MoveBlob {
  return async (input) => {
    const result = await inTime(input);
    const { kind } = result;
    if (kind === 'unfinished' || kind === 'mismatch') return result;
    count('items', 1, { [attributes.pipeline]: 'blob-events', [attributes.outcome]: kind });
    if (kind === 'unknown') return result;
    const detail = kind === 'moved' ? `${PROCESSED_CONTAINER}/${input.move.destination}` : kind;
    items.note({
      ...incomingItem(input.move),
      state: kind === 'moved' ? 'done' : 'skipped',
      atMs: clock.now(),
      detail,
    });
    await items.kept();
    return result;
  };

  /** What cannot be read in time is read in smaller parts, by the next call. */
  async function inTime(input: Parameters<MoveBlob>[0]): Promise<MoveResult> {
    const { stage } = input;
    const tooLate = longestCall();
    const partBytes = (stage && 'partBytes' in stage ? stage.partBytes : undefined) ?? usualPart;
    try {
      return await moveOn(input, partBytes, tooLate);
    } catch (error) {
      if (!tooLate.aborted) throw error;
      const half = Math.floor(partBytes / 2);
      if (half < leastPartBytes)
        throw new Error(
          `Storage is too slow: ${partBytes} bytes of ${INCOMING_CONTAINER}/${input.move.name} and of its copy could not be read within one call.`,
          { cause: error },
        );
      const slower = stage?.kind === 'comparing' ? stage : ({ kind: 'slower' } as const);
      return { kind: 'unfinished', stage: { ...slower, partBytes: half } };
    }
  }

  async function moveOn(
    { move, etag: named, stage }: Parameters<MoveBlob>[0],
    partBytes: number,
    tooLate: AbortSignal,
  ): Promise<MoveResult> {
    const source = { container: INCOMING_CONTAINER, name: move.name };
    const destination = { container: PROCESSED_CONTAINER, name: move.destination };
    const isVersion = (etag: string | undefined): boolean =>
      etag !== undefined && versionId(account, INCOMING_CONTAINER, move.name, etag) === move.id;

    if (stage?.kind === 'comparing') return compareOn(source, destination, stage);
    if (stage?.kind === 'copying' && isPending(await blobs.describe(destination))) return copying;
    // A header that does not fit the id says nothing.
    const genuine = isVersion(named);
    const etag = genuine ? `"${bareEtag(named ?? '')}"` : (await blobs.describe(source))?.etag;
    if (etag === undefined || !isVersion(etag)) return withoutSource(etag === undefined ? 'unknown' : 'superseded');

    const first = await blobs.hash({ ...source, ifMatch: etag }, { from: 0, length: partBytes }, tooLate);
    if (first.kind !== 'hashed') {
      const gone = genuine ? 'vanished' : 'unknown';
      return withoutSource(first.kind === 'gone' ? gone : 'superseded');
    }
    for (let attempt = 1; attempt <= COPY_TRIES; attempt++) {
      const standing = attempt === 1 ? undefined : await blobs.describe(destination);
      if (isPending(standing)) return copying;
      if (standing && isCopyOf(standing)) return compare(first, etag, standing.etag);
      const copied = await blobs.startCopy(
        { ...source, ifMatch: etag },
        { ...destination, expects: standing ? { etag: standing.etag } : 'nothing' },
        { ...first.facts.metadata, [MOVED_ETAG]: bareEtag(etag), ...originOf(move.name) },
      );
      if (copied.kind === 'destination-changed') continue;
      if (copied.kind !== 'started') return withoutSource(copied.kind === 'source-gone' ? 'vanished' : 'superseded');
      if (copied.status === 'pending') return copying;
      if (copied.status === 'success') return compare(first, etag, copied.etag);
      throw new Error(`Storage reports the copy ${copied.copyId} as ${copied.status}.`);
    }
    throw new Error(`${destination.container}/${destination.name} changed under each of ${COPY_TRIES} tries.`);

    /** The source is not there as it was: done by an earlier run, if its copy stands. */
    async function withoutSource(otherwise: 'superseded' | 'vanished' | 'unknown'): Promise<MoveResult> {
      const standing = await blobs.describe(destination);
      if (!standing || !isVersion(standing.metadata[MOVED_ETAG])) return { kind: otherwise };
      if (isCopyOf(standing)) return { kind: 'moved' };
      // Storage ends a copy whose source is gone, which may take it a while.
      if (isPending(standing)) return copying;
      // Begun and never finished, it holds no bytes.
      await blobs.remove({ ...destination, ifMatch: standing.etag });
      return { kind: otherwise };
    }

    function isCopyOf(standing: BlobFacts): boolean {
      const whole = standing.copy === undefined || standing.copy.status === 'success';
      return whole && isVersion(standing.metadata[MOVED_ETAG]);
    }

    /** Compares the first part, whose source was hashed before it was copied. */
    async function compare(
      hashed: BlobHash & { readonly facts: BlobFacts },
      version: string,
      copyEtag: string,
    ): Promise<MoveResult> {
      const copy = await blobs.hash({ ...destination, ifMatch: copyEtag }, { from: 0, length: partBytes }, tooLate);
      if (copy.kind !== 'hashed') throw new Error(`The copy ${destination.name} was changed while it was read back.`);
      if (hashed.facts.length !== copy.facts.length)
        return refused(copyEtag, `The source has ${hashed.facts.length} bytes, the copy ${copy.facts.length}.`);
      return afterPart(version, copyEtag, 0, hashed, copy);
    }

    async function compareOn(
      left: BlobRef,
      right: BlobRef,
      { etag: version, copyEtag, from }: Extract<MoveStage, { kind: 'comparing' }>,
    ): Promise<MoveResult> {
      const part = { from, length: partBytes };
      const [original, copy] = await Promise.all([
        blobs.hash({ ...left, ifMatch: version }, part, tooLate),
        blobs.hash({ ...right, ifMatch: copyEtag }, part, tooLate),
      ]);
      if (copy.kind !== 'hashed') throw new Error(`The copy ${right.name} was changed while it was read back.`);
      if (original.kind !== 'hashed') {
        // What cannot be proven any more is not left as if it were.
        await blobs.remove({ ...right, ifMatch: copyEtag });
        return { kind: original.kind === 'gone' ? 'vanished' : 'superseded' };
      }
      return afterPart(version, copyEtag, from, original, copy);
    }

    async function afterPart(
      version: string,
      copyEtag: string,
      from: number,
      original: BlobHash & { readonly facts: BlobFacts },
      copy: BlobHash,
    ): Promise<MoveResult> {
      if (original.sha256 !== copy.sha256 || original.length !== copy.length)
        return refused(copyEtag, `SHA-256 of the source is ${original.sha256}, of the copy ${copy.sha256}.`);
      const next = from + partBytes;
      if (next < original.facts.length)
        return {
          kind: 'unfinished',
          stage: {
            ...{ kind: 'comparing', etag: version, copyEtag, from: next },
            ...(partBytes === usualPart ? {} : { partBytes }),
          },
        };
      // Overwritten meanwhile, it stays: this version was moved, and the newer one has a message of its own.
      await blobs.remove({ ...source, ifMatch: version });
      return { kind: 'moved' };
    }

    async function refused(copyEtag: string, reason: string): Promise<MoveResult> {
      await blobs.remove({ ...destination, ifMatch: copyEtag });
      return { kind: 'mismatch', reason };
    }
  }
}

const copying: MoveResult = { kind: 'unfinished', stage: { kind: 'copying' } };

function isPending(standing: BlobFacts | undefined): boolean {
  return standing?.copy?.status === 'pending';
}

/** Metadata of a blob has room for 8 KiB, names of ours and its own keys included. */
const LONGEST_ENCODED = 4_096;

function originOf(name: string): Readonly<Record<string, string>> {
  const encoded = encodeURIComponent(name).replaceAll('%2F', '/');
  return encoded.length <= LONGEST_ENCODED
    ? { [MOVED_FROM]: encoded }
    : { [MOVED_FROM_BASE64]: Buffer.from(name).toString('base64') };
}
