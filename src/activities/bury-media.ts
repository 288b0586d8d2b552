import { deadLetterId } from '../domain/dead-letter';
import { sha256Hex } from '../domain/digest';
import type { MediaItem } from '../domain/media/media-event';
import { mediaRecordOf } from '../domain/media/media-record';
import { mediaInboxKey } from '../domain/media/process-media';
import { JOB_QUEUE } from '../domain/storage-layout';
import type { DeadLetterStore } from '../ports/dead-letter-store';
import type { Inbox } from '../ports/inbox';
import type { MediaRecords } from '../ports/media-records';
import { count } from '../telemetry/meters';
import { attributes } from '../telemetry/names';
import { currentTraceId } from '../telemetry/tracing';

export type BuryMedia = (input: {
  readonly item: MediaItem;
  readonly instanceId: string;
  /** The queue message, for replay. */
  readonly message: string;
  readonly code: 'COPY_FAILED' | 'VERIFY_FAILED' | 'FILE_TYPE_REFUSED' | 'FILE_SIZE_WRONG';
  readonly error: string;
  readonly stack?: string;
  readonly attempts: number;
  /** When it was given up, milliseconds since the epoch; the same on every try. */
  readonly atMs: number;
}) => Promise<{ readonly deadLetterId: string }>;

/** The record, then the claim given up, then the dead letter. Each may be repeated. */
export function createBuryMedia(ports: {
  deadLetters: DeadLetterStore;
  records: MediaRecords;
  inbox: Inbox;
}): BuryMedia {
  return async ({ item, instanceId, message, code, error, stack, attempts, atMs }) => {
    const id = deadLetterId(atMs, sha256Hex(`${instanceId}\n${atMs}`).slice(0, 16));
    const traceId = currentTraceId();
    const record = mediaRecordOf(item, 'failed', instanceId, atMs);
    const text = error.slice(0, 2_000);
    const summary = error.split('\n', 1)[0]?.slice(0, 500) ?? '';
    await ports.records.put({ ...record, deadLetterId: id, error: summary });
    await ports.inbox.release(mediaInboxKey(item), instanceId);
    // Last, since only what is seen can be replayed: by then a replay may run.
    await ports.deadLetters.add({
      id,
      pipeline: 'media',
      code,
      error: text,
      attempts,
      keys: { queue: JOB_QUEUE, blob: `${item.container}/${item.name}`, etag: item.etag, mediaId: item.id, instanceId },
      createdAt: record.updatedAt,
      state: 'open',
      message,
      ...(stack === undefined ? {} : { stack: stack.slice(0, 4_000) }),
      ...(traceId ? { traceId } : {}),
    });
    count('deadLetters', 1, { [attributes.pipeline]: 'media', [attributes.code]: code });
    return { deadLetterId: id };
  };
}
