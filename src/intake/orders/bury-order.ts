import { deadLetterId } from '../../domain/dead-letter';
import { sha256Hex } from '../../domain/digest';
import type { ErrorCode } from '../../domain/error-codes';
import { ORDER_REPLAY_QUEUE } from '../../domain/storage-layout';
import type { OrderOrigin } from '../../domain/orders/order-origin';
import type { Clock } from '../../ports/clock';
import type { DeadLetterStore } from '../../ports/dead-letter-store';
import type { Logger } from '../../telemetry/logger';
import { count } from '../../telemetry/meters';
import { attributes } from '../../telemetry/names';
import { traceIdOf } from '../../telemetry/tracing';
import type { OrderWork } from './order-work';

/** `work`: what is known of the event; without `order` and `key` when it could not be understood. */
export type BuryOrder = (
  work: Pick<OrderWork, 'text' | 'origin'> & Partial<Pick<OrderWork, 'order' | 'key'>>,
  code: ErrorCode,
  error: string,
  attempts: number,
) => Promise<void>;

/** Writes a dead letter of the orders pipeline. The same delivery given up again for the same reason is one letter. */
export function createBuryOrder(ports: {
  readonly deadLetters: DeadLetterStore;
  readonly clock: Clock;
  readonly logger: Logger;
}): BuryOrder {
  return async ({ text, origin, order, key }, code, error, attempts) => {
    const now = ports.clock.now();
    const createdAt = origin.enqueuedAt || now;
    const id = deadLetterId(createdAt, sha256Hex(`${identity(origin)}\n${key?.event ?? text}\n${code}`).slice(0, 24));
    const traceId = traceIdOf(origin.traceparent);
    await ports.deadLetters.add({
      id,
      pipeline: 'orders',
      code,
      error: error.slice(0, 2_000),
      attempts,
      keys: {
        queue: ORDER_REPLAY_QUEUE,
        backend: origin.backend,
        source: origin.source,
        position: origin.position,
        ...(order ? { tenantId: order.tenantId, orderId: order.orderId, requestId: order.requestId } : {}),
      },
      createdAt: new Date(createdAt).toISOString(),
      state: 'open',
      message: text,
      ...(traceId ? { traceId } : {}),
    });
    count('ordersFailed', 1, { [attributes.code]: code });
    count('deadLetters', 1, { [attributes.pipeline]: 'orders', [attributes.code]: code });
    const ids = order ? { tenantId: order.tenantId, orderId: order.orderId, requestId: order.requestId } : {};
    ports.logger.error('Order became a dead letter', {
      pipeline: 'orders',
      ...ids,
      code,
      reason: error,
      deadLetterId: id,
    });
  };
}

function identity({ backend, source, position }: OrderOrigin): string {
  return `${backend}\n${source}\n${position}`;
}
