import { bareEtag, INCOMING_CONTAINER, parseBlobEvent } from '../blob-events/blob-event';
import { fromEnvelope } from '../blob-events/delivery';
import { moveInstanceId } from '../blob-events/move-blob';
import type { DeadLetterWithBody } from '../dead-letter';
import { givenUpBlob } from '../ingestion/replay-message';
import { blobOfSubject } from '../media/media-event';
import { orderKey, parseOrder } from '../orders/order-event';
import { queueMessageText } from '../queue-message';
import { parseStorageEvents } from '../storage-event';
import type { ItemRef } from './item';

type Letter = Pick<DeadLetterWithBody, 'id' | 'pipeline' | 'keys' | 'message'>;

/** What a dead letter stands for, under the same key that its pipeline notes it by; where nothing tells, an item of its own. */
export function itemOfLetter(letter: Letter): ItemRef {
  const { id, pipeline, keys } = letter;
  const { blob, etag, instanceId, file, session, date, tenantId, orderId, requestId } = keys;
  if (pipeline === 'nfs' && file !== undefined) return shareItem({ file, session: session ?? '', date: date ?? '' });
  if (pipeline === 'blob-events' && blob !== undefined && instanceId !== undefined)
    return { pipeline, key: instanceId, name: blob };
  if ((pipeline === 'media' || pipeline === 'ingestion') && blob !== undefined && etag !== undefined)
    return versionItem(pipeline, blob, etag);
  if (tenantId !== undefined && orderId !== undefined && requestId !== undefined)
    return orderItem({ tenantId, orderId, requestId });
  return ofMessage(letter) ?? { pipeline, key: `letter ${id}` };
}

/** What the host gave up says only by its message what it was about. */
function ofMessage({ pipeline, message }: Letter): ItemRef | undefined {
  if (pipeline === 'orders') {
    const parsed = parseOrder(queueMessageText(message));
    return parsed.kind === 'rejected' ? undefined : orderItem(parsed.order);
  }
  const text = queueMessageText(message);
  switch (pipeline) {
    case 'blob-events': {
      const parsed = parseBlobEvent(fromEnvelope(text).text);
      return parsed.kind === 'move' ? incomingItem(parsed.move) : undefined;
    }
    case 'media': {
      const parsed = parseStorageEvents(text);
      const [event] = parsed.kind === 'rejected' ? [] : parsed.events;
      const blob = event && blobOfSubject(event.subject);
      return blob && versionItem(pipeline, `${blob.container}/${blob.name}`, event.data.eTag ?? '');
    }
    case 'ingestion': {
      const blob = givenUpBlob(text);
      return blob && versionItem(pipeline, `${blob.container}/${blob.name}`, blob.etag);
    }
    case 'nfs':
      return undefined;
  }
}

export function orderItem({
  tenantId,
  orderId,
  requestId,
}: {
  readonly tenantId: string;
  readonly orderId: string;
  readonly requestId: string;
}): ItemRef {
  return { pipeline: 'orders', key: orderKey({ tenantId, orderId, requestId }).event, tenantId, orderId, requestId };
}

/** `date`, `session`: of its claim, so that a file of the same name that comes later is another item. */
export function shareItem({
  date,
  session,
  file,
}: {
  readonly date: string;
  readonly session: string;
  readonly file: string;
}): ItemRef {
  return { pipeline: 'nfs', key: `${date}/${session}/${file}`, name: file };
}

/** A version of a blob in `incoming`. `id`: of the version. */
export function incomingItem({ id, name }: { readonly id: string; readonly name: string }): ItemRef {
  return { pipeline: 'blob-events', key: moveInstanceId(id), name: `${INCOMING_CONTAINER}/${name}` };
}

/** A version of a blob. `blob`: `container/name`; `etag`: quoted or bare. */
export function versionItem(pipeline: 'media' | 'ingestion', blob: string, etag: string): ItemRef {
  return { pipeline, key: `${blob} ${bareEtag(etag)}`, name: blob };
}
