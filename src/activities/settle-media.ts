import { versionItem } from '../domain/items/item-of-letter';
import { PROCESSED_CONTAINER, processedName, type MediaItem } from '../domain/media/media-event';
import { mediaRecordOf, type MediaRecord } from '../domain/media/media-record';
import { mediaInboxKey } from '../domain/media/process-media';
import type { Clock } from '../ports/clock';
import type { Inbox } from '../ports/inbox';
import type { ItemNotes } from '../ports/item-notes';
import type { MediaRecords } from '../ports/media-records';
import { count } from '../telemetry/meters';
import { attributes } from '../telemetry/names';
import { currentTraceId } from '../telemetry/tracing';
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
  items,
  clock,
}: {
  inbox: Inbox;
  records: MediaRecords;
  items: ItemNotes;
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
    const traceId = currentTraceId();
    items.note({
      ...{ ...versionItem('media', `${item.container}/${item.name}`, item.etag), atMs: clock.now(), instanceId },
      ...(result.kind === 'verified'
        ? { state: 'done', detail: found.destination ?? '' }
        : { state: 'skipped', detail: state }),
      ...(traceId === undefined ? {} : { traceId }),
    });
    await items.kept();
    return { kind: 'settled' };
  };
}
