/**
 * Claims versions in the ledger, publishes those that it got, and notes them, in this order: a crash in between lets the claim
 * run out, and the next scan publishes the version again, under the same id and with the same destination.
 */
import { blobEventOf, INCOMING_CONTAINER, versionId } from '../../domain/blob-events/blob-event';
import { headersOf } from '../../domain/blob-events/delivery';
import type { ListedBlob } from '../../domain/blob-events/segments';
import type { BlobEventBroker, OutgoingMessage } from '../../ports/blob-event-broker';
import type { BlobEventLedger, LedgerClaim } from '../../ports/blob-event-ledger';
import { incomingItem } from '../../domain/items/item-of-letter';
import type { Clock } from '../../ports/clock';
import type { ItemNotes } from '../../ports/item-notes';
import type { Logger } from '../../telemetry/logger';
import { count } from '../../telemetry/meters';
import { attributes, messageAttributes, spans } from '../../telemetry/names';
import { currentTraceparent, inSpan, SpanKind, traceIdOf } from '../../telemetry/tracing';

export interface PublishPorts {
  readonly ledger: BlobEventLedger;
  readonly broker: BlobEventBroker;
  readonly items: ItemNotes;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface PublishSettings {
  /** Of the storage account, which ids are made from. */
  readonly account: string;
  /** After this long a published version that nobody moved is published again. */
  readonly republishMs: number;
}

export interface WantedVersion extends LedgerClaim {
  readonly blob: ListedBlob;
}

/** Those of another scan are left to it. */
export interface Published {
  readonly published: number;
  /** Of those, published before. */
  readonly again: number;
}

export type PublishVersions = (wanted: readonly WantedVersion[]) => Promise<Published>;

/** Longest that one publication may take before another scan may repeat it. */
const CLAIM_MS = 120_000;

export function createPublishVersions(
  { ledger, broker, items, clock, logger }: PublishPorts,
  { account, republishMs }: PublishSettings,
): PublishVersions {
  return async (wanted) => {
    const tokens = await ledger.claim(wanted, clock.now() + CLAIM_MS, clock.now());
    const ours = wanted.flatMap((one, at) => {
      const token = tokens[at];
      return token === undefined ? [] : [{ ...one, token }];
    });
    if (ours.length === 0) return { published: 0, again: 0 };
    const messages = await Promise.all(ours.map(messageFor));
    const atMs = clock.now();
    await broker.publish(messages.map(({ message }) => message));
    const noted = ours.map((one, at) => ({ ...one, ...traced(messages[at]?.traceparent) }));
    await ledger.note(noted, clock.now() + republishMs, clock.now());
    items.note(
      ...ours.map(({ blob: { name } }, at) => {
        const { id = '', traceId } = { id: messages[at]?.message.id, traceId: traceIdOf(messages[at]?.traceparent) };
        return { ...incomingItem({ id, name }), state: 'received' as const, atMs, ...(traceId ? { traceId } : {}) };
      }),
    );
    const again = ours.filter(wasPublished).length;
    if (ours.length > again) noteEvents('published', ours.length - again);
    if (again > 0) {
      noteEvents('published-again', again);
      logger.warn('Blobs that nobody moved in time were published again', { pipeline: 'blob-events', blobs: again });
    }
    return { published: ours.length, again };
  };

  /** In a span of its own, which the move will be a child of. */
  function messageFor(
    version: WantedVersion,
  ): Promise<{ readonly message: OutgoingMessage; readonly traceparent: string | undefined }> {
    const { blob, replaces } = version;
    const id = versionId(account, INCOMING_CONTAINER, blob.name, blob.etag);
    const before = wasPublished(version) ? replaces?.traceparent : undefined;
    const options = {
      kind: SpanKind.PRODUCER,
      attributes: {
        ...messageAttributes({
          ...{ system: broker.system, destination: broker.queues.events, operation: 'send', id },
          pipeline: 'blob-events',
        }),
        [attributes.blob]: `${INCOMING_CONTAINER}/${blob.name}`,
      },
      // Of a version that is published again, the first message's trace.
      links: before === undefined ? [] : [before],
    };
    return inSpan(spans.blobPublish, options, async () => {
      const traceparent = currentTraceparent();
      const headers = headersOf(
        { etag: blob.etag, retries: 0, ...traced(traceparent) },
        // Without tracing, what tells messages apart serves.
        traceIdOf(traceparent) ?? id.replaceAll('-', ''),
      );
      const text = JSON.stringify(blobEventOf(id, blob.name, clock.now()));
      return { message: { id, text, headers }, traceparent };
    });
  }
}

function wasPublished({ replaces, version }: WantedVersion): boolean {
  return replaces?.version === version;
}

function traced(traceparent: string | undefined): { readonly traceparent?: string } {
  return traceparent === undefined ? {} : { traceparent };
}

function noteEvents(outcome: string, value: number): void {
  count('events', value, { [attributes.pipeline]: 'blob-events', [attributes.outcome]: outcome });
}
