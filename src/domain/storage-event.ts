import { z } from 'zod';

/**
 * Blob-storage events as they reach a queue: Event Grid schema or CloudEvents 1.0, alone or in an array
 * (https://learn.microsoft.com/azure/event-grid/event-schema-blob-storage). Other fields are kept out of our way, not refused.
 */
export interface StorageEvent {
  readonly id: string;
  /** `Microsoft.Storage.BlobCreated` and others. */
  readonly type: string;
  /** `/blobServices/default/containers/<container>/blobs/<name>`, the name as it is, not URL-encoded. */
  readonly subject: string;
  /** Resource id of the storage account; empty when the sender gave none. */
  readonly source: string;
  /** ISO 8601. */
  readonly time: string;
  readonly data: StorageEventData;
  /** The event as it came, as JSON: what a dead letter keeps and a replay sends. */
  readonly original: string;
}

export interface StorageEventData {
  readonly api?: string | undefined;
  readonly eTag?: string | undefined;
  readonly contentType?: string | undefined;
  /** Bytes. */
  readonly contentLength?: number | undefined;
  readonly url?: string | undefined;
  /** Orders the events of one blob: compare as strings of equal length. */
  readonly sequencer?: string | undefined;
}

const data = z.object({
  api: z.string().optional(),
  eTag: z
    .string()
    .regex(/^[\x20-\x7e]*$/)
    .max(128)
    .optional(),
  contentType: z.string().optional(),
  contentLength: z.number().int().nonnegative().optional(),
  url: z.string().optional(),
  sequencer: z
    .string()
    .regex(/^[0-9a-f]*$/i)
    .max(64)
    .optional(),
});

type Parsed = Omit<StorageEvent, 'original'>;

const eventGridEvent = z
  .object({
    id: z.string().min(1).max(1024),
    eventType: z.string().min(1),
    subject: z.string(),
    topic: z.string().default(''),
    eventTime: z.string().default(''),
    data: data.default({}),
  })
  .transform((e): Parsed => ({
    id: e.id,
    type: e.eventType,
    subject: e.subject,
    source: e.topic,
    time: e.eventTime,
    data: e.data,
  }));

const cloudEvent = z
  .object({
    specversion: z.literal('1.0'),
    id: z.string().min(1).max(1024),
    type: z.string().min(1),
    source: z.string(),
    subject: z.string().default(''),
    time: z.string().default(''),
    data: data.default({}),
  })
  .transform((e): Parsed => ({
    id: e.id,
    type: e.type,
    subject: e.subject,
    source: e.source,
    time: e.time,
    data: e.data,
  }));

const anyEvent = z.union([eventGridEvent, cloudEvent]);

export type ParsedEvents =
  | { readonly kind: 'events'; readonly events: readonly StorageEvent[] }
  | { readonly kind: 'rejected'; readonly code: 'MESSAGE_UNPARSABLE' | 'EVENT_INVALID'; readonly reason: string };

/** Never throws: what is not an event is data, with a reason. One bad event of a batch rejects the batch. */
export function parseStorageEvents(text: string): ParsedEvents {
  try {
    return parse(text);
  } catch (error) {
    // Nested deeper than the parser can follow.
    return {
      kind: 'rejected',
      code: 'EVENT_INVALID',
      reason: `The message cannot be read: ${(error as Error).message}`,
    };
  }
}

function parse(text: string): ParsedEvents {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    return {
      kind: 'rejected',
      code: 'MESSAGE_UNPARSABLE',
      reason: `The message is not JSON: ${(error as Error).message}`,
    };
  }
  const items: unknown[] = Array.isArray(parsed) ? parsed : [parsed];
  if (items.length === 0) return { kind: 'rejected', code: 'EVENT_INVALID', reason: 'The message is an empty array.' };
  const events: StorageEvent[] = [];
  for (const [index, item] of items.entries()) {
    const result = anyEvent.safeParse(item);
    if (!result.success) {
      const what =
        'neither an Event Grid event (id, eventType, subject, data) nor a CloudEvents 1.0 event (specversion, id, type, source)';
      return { kind: 'rejected', code: 'EVENT_INVALID', reason: `Item ${index} of the message is ${what}.` };
    }
    events.push({ ...result.data, original: JSON.stringify(item) });
  }
  return { kind: 'events', events };
}
