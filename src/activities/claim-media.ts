import type { MediaItem } from '../domain/media/media-event';
import { mediaRecordOf } from '../domain/media/media-record';
import { mediaInboxKey } from '../domain/media/process-media';
import type { Clock } from '../ports/clock';
import type { DirectUploads } from '../ports/direct-uploads';
import type { Inbox } from '../ports/inbox';
import type { MediaRecords } from '../ports/media-records';
import { currentTraceId } from '../telemetry/tracing';

export type ClaimMedia = (input: { readonly item: MediaItem; readonly instanceId: string }) => Promise<ClaimResult>;

export type ClaimResult =
  | { readonly kind: 'done' }
  /** `announcedSize`: bytes, of a file that went straight into storage and was looked at by nobody yet. */
  | { readonly kind: 'claimed'; readonly announcedSize?: number };

/** Longest that one run of the orchestration may take before another may take its item over. */
const LEASE_MS = 24 * 60 * 60 * 1000;

/** Claims the version for this instance and notes that it is being worked on. */
export function createClaimMedia({
  inbox,
  records,
  uploads,
  clock,
}: {
  inbox: Inbox;
  records: MediaRecords;
  uploads: DirectUploads;
  clock: Clock;
}): ClaimMedia {
  return async ({ item, instanceId }) => {
    const claim = await inbox.claim(mediaInboxKey(item), instanceId, LEASE_MS);
    if (claim.kind === 'done') return { kind: 'done' };
    // Instance ids derive from the key, so another holder can only be an operator's doing: its lease has to end first.
    if (claim.kind === 'held')
      throw new Error(`${item.name} is held by ${claim.by} until ${new Date(claim.until).toISOString()}`);
    const traceId = currentTraceId();
    const record = mediaRecordOf(item, 'processing', instanceId, clock.now());
    await records.put(traceId ? { ...record, traceId } : record);
    const announced = await uploads.get(item.id);
    return announced ? { kind: 'claimed', announcedSize: announced.size } : { kind: 'claimed' };
  };
}
