import type { InvocationContext } from '@azure/functions';
import type { QueueMessage } from '../intake/receive-media-events';

/**
 * The queue message of an invocation. Fields of a JSON body are copied over the trigger's own metadata by the host, `id` and
 * `dequeueCount` among them, so what is not of the expected type falls back to what identifies the invocation.
 */
export function queueMessageOf(body: unknown, context: InvocationContext): QueueMessage {
  const { id, dequeueCount, insertionTime } = context.triggerMetadata ?? {};
  const inserted = Date.parse(String(insertionTime));
  return {
    body,
    id: typeof id === 'string' && id !== '' ? id : context.invocationId,
    dequeueCount: Number.isInteger(Number(dequeueCount)) ? Number(dequeueCount) : 1,
    insertedMs: Number.isNaN(inserted) ? Date.now() : inserted,
  };
}
