import type { OrderEvent, OrderKey } from '../../domain/orders/order-event';
import type { OrderOrigin } from '../../domain/orders/order-origin';
import type { ItemNote, ItemState } from '../../domain/items/item';
import { orderItem } from '../../domain/items/item-of-letter';
import { traceIdOf } from '../../telemetry/tracing';

/** An event as a backend handed it over. */
export interface IncomingOrder {
  readonly payload: Uint8Array | string;
  readonly origin: OrderOrigin;
}

/** An event that was understood, on its way to the downstream. */
export interface OrderWork {
  readonly order: OrderEvent;
  readonly key: OrderKey;
  /** The payload as it came. */
  readonly text: string;
  readonly origin: OrderOrigin;
  /** Deliveries tried before, parked times included. */
  readonly attempts: number;
}

/** Fields for the logs of everything that concerns an event (O4). */
export function orderFields({ order, origin }: Pick<OrderWork, 'order' | 'origin'>): Record<string, string | number> {
  return {
    pipeline: 'orders',
    tenantId: order.tenantId,
    orderId: order.orderId,
    requestId: order.requestId,
    ...(order.sequence === undefined ? {} : { sequence: order.sequence }),
    ...(order.status === undefined ? {} : { status: order.status }),
    backend: origin.backend,
    source: origin.source,
    position: origin.position,
  };
}

/** What became of an event, for whoever asks where it is (C13). */
export function orderNote(
  { order, origin }: Pick<OrderWork, 'order' | 'origin'>,
  state: ItemState,
  atMs: number,
  more: Pick<ItemNote, 'detail' | 'attempts'> = {},
): ItemNote {
  const traceId = traceIdOf(origin.traceparent);
  return { ...orderItem(order), state, atMs, ...(traceId === undefined ? {} : { traceId }), ...more };
}
