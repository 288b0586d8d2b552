import type { OrderOrigin } from '../domain/orders/order-origin';
import type { ParkedPlace } from '../domain/orders/order-turn';

/** An event that waits: for its next attempt, behind another of its order, or for the one before it. */
export interface ParkedOrder extends ParkedPlace {
  /** Order it belongs to; see OrderKey. */
  readonly order: string;
  /** The payload as it came. */
  readonly text: string;
  readonly origin: OrderOrigin;
  readonly attempts: number;
  readonly reason: string;
  /** An operator replays it: it is applied although its order may have passed it. */
  readonly replayed?: boolean;
}

export interface ParkedOrders {
  /** Everything that is parked, without payloads, by order. */
  places(): Promise<ReadonlyMap<string, readonly ParkedPlace[]>>;
  /** Durable when it resolves. The same place of the same order again replaces it. */
  park(entry: ParkedOrder): Promise<void>;
  /** As {@link park}, but only while it is parked: one that another process took out meanwhile stays out. */
  postpone(entry: ParkedOrder): Promise<void>;
  load(order: string, place: string): Promise<ParkedOrder | undefined>;
  remove(order: string, place: string): Promise<void>;
}
