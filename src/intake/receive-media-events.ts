/**
 * A message of `jobqueue` in, orchestrations out (M2, M3, M4). Returns only when every event of the message is on its way, done
 * already, skipped with a reason, or a dead letter; an exception means that the message must come again.
 */
import { deadLetterId } from '../domain/dead-letter';
import { sha256Hex } from '../domain/digest';
import type { ErrorCode } from '../domain/error-codes';
import { instanceId } from '../domain/instance-id';
import { versionItem } from '../domain/items/item-of-letter';
import { decideMediaEvent, type MediaItem } from '../domain/media/media-event';
import { mediaInboxKey, PROCESS_MEDIA, type ProcessMediaInput } from '../domain/media/process-media';
import { queueMessageText, rawText } from '../domain/queue-message';
import { parseStorageEvents, type StorageEvent } from '../domain/storage-event';
import { JOB_QUEUE } from '../domain/storage-layout';
import type { BlobStore } from '../ports/blob-store';
import type { DeadLetterStore } from '../ports/dead-letter-store';
import type { DirectUploads } from '../ports/direct-uploads';
import type { Inbox } from '../ports/inbox';
import type { ItemNotes } from '../ports/item-notes';
import type { Orchestrations } from '../ports/orchestrations';
import type { Clock } from '../ports/clock';
import type { Logger } from '../telemetry/logger';
import { count } from '../telemetry/meters';
import { attributes, messageAttributes, spans } from '../telemetry/names';
import { currentTraceId, currentTraceparent, inSpan, SpanKind } from '../telemetry/tracing';

/** A queue message as the host hands it over. */
export interface QueueMessage {
  readonly body: unknown;
  readonly id: string;
  readonly dequeueCount: number;
  /** Milliseconds since the epoch. */
  readonly insertedMs: number;
}

export interface MediaEventPorts {
  readonly blobs: BlobStore;
  readonly inbox: Inbox;
  readonly uploads: DirectUploads;
  readonly deadLetters: DeadLetterStore;
  readonly items: ItemNotes;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface MediaEventSettings {
  readonly account: string;
  readonly maxAttempts: number;
}

export type ReceiveMediaEvents = (message: QueueMessage, orchestrations: Orchestrations) => Promise<void>;

export function createReceiveMediaEvents(ports: MediaEventPorts, settings: MediaEventSettings): ReceiveMediaEvents {
  const { logger } = ports;

  return async (message, orchestrations) => {
    const text = queueMessageText(message.body);
    const parsed = parseStorageEvents(text);
    if (parsed.kind === 'rejected') {
      await bury(message, rawText(message.body), parsed.code, parsed.reason);
      return;
    }
    for (const event of parsed.events) await receive(event, orchestrations);
  };

  async function receive(event: StorageEvent, orchestrations: Orchestrations): Promise<void> {
    const decision = decideMediaEvent(event, settings.account);
    if (decision.kind === 'skipped') {
      logger.info('Event skipped', {
        pipeline: 'media',
        reason: decision.reason,
        detail: decision.detail,
        eventId: event.id,
      });
      noteEvent(decision.reason);
      return;
    }
    const source = await ports.blobs.describe(decision.item);
    // Versions must not be mistaken for one another where the sender leaves the ETag out.
    const etag = decision.item.etag || (source?.etag ?? `"gone-${sha256Hex(event.id).slice(0, 16)}"`);
    const item: MediaItem = { ...decision.item, etag };
    const id = instanceId('media', item.container, item.name, item.etag);
    const fields = { pipeline: 'media', blob: `${item.container}/${item.name}`, mediaId: item.id, instanceId: id };
    const known = await ports.inbox.look(mediaInboxKey(item));
    if (known.kind === 'done') {
      logger.info('Event is a duplicate of one already done', fields);
      noteEvent('duplicate');
      return;
    }
    // The upload's own trace travels with the blob; whoever put it, one trace spans what follows.
    const parent = source?.metadata['traceparent'] ?? (await ports.uploads.get(item.id))?.traceparent;
    const spanAttributes = {
      ...messageAttributes({
        ...{ system: 'azure_storage_queue', destination: JOB_QUEUE, operation: 'process' },
        pipeline: 'media',
      }),
      [attributes.blob]: fields.blob,
      [attributes.instanceId]: id,
    };
    await inSpan(spans.mediaEvent, { kind: SpanKind.CONSUMER, parent, attributes: spanAttributes }, async () => {
      const started = await orchestrations.ensureStarted(
        PROCESS_MEDIA,
        id,
        inputFor(item, event),
        currentTraceparent() ?? parent,
      );
      if (started === 'running' && known.kind === 'released') {
        throw new Error(`${id} is just being given up; its event comes again when that is done.`);
      }
      logger.info(started === 'started' ? 'Processing started' : 'Processing is under way already', fields);
      noteEvent(started);
      const traceId = currentTraceId();
      ports.items.note({
        ...{
          ...versionItem('media', fields.blob, item.etag),
          state: 'working',
          atMs: ports.clock.now(),
          instanceId: id,
        },
        ...(traceId === undefined ? {} : { traceId }),
      });
    });
  }

  function inputFor(item: MediaItem, event: StorageEvent): ProcessMediaInput {
    return { item, message: event.original, maxAttempts: settings.maxAttempts };
  }

  async function bury(message: QueueMessage, text: string, code: ErrorCode, reason: string): Promise<void> {
    const traceId = currentTraceId();
    const id = deadLetterId(message.insertedMs, sha256Hex(`${message.id}\n${text}`).slice(0, 24));
    await ports.deadLetters.add({
      id,
      pipeline: 'media',
      code,
      error: reason,
      attempts: message.dequeueCount,
      keys: { queue: JOB_QUEUE, messageId: message.id },
      createdAt: new Date(message.insertedMs).toISOString(),
      state: 'open',
      message: text,
      ...(traceId ? { traceId } : {}),
    });
    logger.warn('Message became a dead letter', { pipeline: 'media', code, reason, deadLetterId: id });
    count('deadLetters', 1, { [attributes.pipeline]: 'media', [attributes.code]: code });
    noteEvent('dead-letter');
  }
}

function noteEvent(outcome: string): void {
  count('events', 1, { [attributes.pipeline]: 'media', [attributes.outcome]: outcome });
}
