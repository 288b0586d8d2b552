import type { InvocationContext } from '@azure/functions';
import type { QueueMessage } from '../intake/receive-media-events';

/** How far the clocks of storage and host may be apart. */
const LARGEST_SKEW_MS = 24 * 60 * 60 * 1000;

/**
 * The queue message of an invocation. Fields of a JSON body are copied over the trigger's own metadata by the host, `id` and
 * `dequeueCount` among them, so what is not of the expected type falls back to what identifies the invocation.
 */
export function queueMessageOf(body: unknown, context: InvocationContext): QueueMessage {
  const now = Date.now();
  const { id, dequeueCount, insertionTime } = context.triggerMetadata ?? {};
  const inserted =
    typeof insertionTime === 'string'
      ? Date.parse(insertionTime)
      : insertionTime instanceof Date
        ? insertionTime.getTime()
        : NaN;
  const count = typeof dequeueCount === 'string' || typeof dequeueCount === 'number' ? Number(dequeueCount) : NaN;
  return {
    body,
    id: typeof id === 'string' && id !== '' ? id.slice(0, 200) : context.invocationId,
    dequeueCount: Number.isInteger(count) ? count : 1,
    insertedMs: inserted > 0 && inserted <= now + LARGEST_SKEW_MS ? inserted : now,
  };
}
