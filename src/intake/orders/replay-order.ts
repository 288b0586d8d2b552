import { orderKey, parseOrder } from '../../domain/orders/order-event';
import type { OrderOrigin } from '../../domain/orders/order-origin';
import type { Clock } from '../../ports/clock';
import type { ParkedOrders } from '../../ports/parked-orders';
import type { Logger } from '../../telemetry/logger';
import type { BuryOrder } from './bury-order';
import { orderFields } from './order-work';
import { parkedEntry } from './settle-orders';

/**
 * A dead letter of an order that is replayed: parked, due at once, so that it has its turn on every backend. It is applied
 * although its order may have gone on without it; what is still no order becomes a dead letter again.
 */
export type ReplayOrder = (text: string, origin: OrderOrigin) => Promise<void>;

export function createReplayOrder(ports: {
  readonly parked: ParkedOrders;
  readonly bury: BuryOrder;
  readonly clock: Clock;
  readonly logger: Logger;
}): ReplayOrder {
  return async (text, origin) => {
    const parsed = parseOrder(text);
    if (parsed.kind === 'rejected') return ports.bury({ text, origin }, parsed.code, parsed.reason, 1);
    const key = orderKey(parsed.order);
    const work = { order: parsed.order, key, text, origin, attempts: 0 };
    const waiting = (await ports.parked.places()).get(key.order) ?? [];
    // Delivered twice, it is parked twice; the second finds the first done.
    const now = ports.clock.now();
    await ports.parked.park({ ...parkedEntry(work, waiting, 'Replayed by an operator.', now, now, 0), replayed: true });
    ports.logger.info('Order is tried again', orderFields(work));
  };
}
