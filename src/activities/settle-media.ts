import { PROCESSED_CONTAINER, processedName, type MediaItem } from '../domain/media/media-event';
import { mediaRecordOf, type MediaRecord } from '../domain/media/media-record';
import { mediaInboxKey } from '../domain/media/process-media';
import type { Clock } from '../ports/clock';
import type { Inbox } from '../ports/inbox';
import type { MediaRecords } from '../ports/media-records';
import { count } from '../telemetry/meters';
import { attributes } from '../telemetry/names';
import type { VerifyResult } from './verify-media';

export type SettledResult = Exclude<VerifyResult, { kind: 'mismatch' }> | { readonly kind: 'vanished' };

export type SettleMedia = (input: {
  readonly item: MediaItem;
  readonly instanceId: string;
  readonly result: SettledResult;
}) => Promise<{ readonly kind: 'settled' }>;

/** Writes the outcome down, then marks the version done: after a crash between the two it is only written again. */
export function createSettleMedia({
  inbox,
  records,
  clock,
}: {
  inbox: Inbox;
  records: MediaRecords;
  clock: Clock;
}): SettleMedia {
  return async ({ item, instanceId, result }) => {
    const found: Partial<MediaRecord> =
      result.kind === 'verified'
        ? {
            destination: `${PROCESSED_CONTAINER}/${processedName(item.name)}`,
            verifiedBy: result.by,
            size: result.size,
            contentType: result.contentType,
            ...(result.sha256 ? { sha256: result.sha256 } : {}),
          }
        : {};
    const state = result.kind === 'verified' ? 'processed' : result.kind;
    await records.put({ ...mediaRecordOf(item, state, instanceId, clock.now()), ...found });
    await inbox.complete(mediaInboxKey(item), instanceId, state);
    count('items', 1, { [attributes.pipeline]: 'media', [attributes.outcome]: state });
    return { kind: 'settled' };
  };
}
