/**
 * What was applied of every order, in two phases: claim with a lease, apply, mark done. Many at once, since each event costs a
 * claim and a mark.
 */
import type { OrderKey } from '../domain/orders/order-event';

export type OrderClaim =
  | { readonly kind: 'claimed' }
  | { readonly kind: 'held'; /** Milliseconds since the epoch. */ readonly until: number }
  | { readonly kind: 'done' };

export interface SettledEvent {
  readonly key: OrderKey;
  readonly outcome: 'done' | 'dead-lettered';
  /** Its order's sequences up to this one are settled. */
  readonly sequence: number | undefined;
}

export interface OrderLedger {
  /** In the order of `keys`. An owner gets again what it holds. */
  claim(keys: readonly OrderKey[], owner: string, leaseMs: number): Promise<readonly OrderClaim[]>;
  /** Claims one for a replay: what became a dead letter may be claimed again, what is done may not. */
  reclaim(key: OrderKey, owner: string, leaseMs: number): Promise<OrderClaim>;
  /**
   * Marks them for good (until retention), and moves their orders' sequences up, never down; what is done is never made a dead
   * letter. Whoever else settles meanwhile; idempotent.
   */
  settle(events: readonly SettledEvent[], owner: string): Promise<void>;
  /** Gives claims up, so that another owner need not wait for their leases. */
  release(keys: readonly OrderKey[], owner: string): Promise<void>;
  /** Highest settled sequence of each order (by {@link OrderKey}.order); 0 for none. */
  sequences(orders: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /**
   * Removes what is older than that time (milliseconds since the epoch): events settled before it, claims whose leases ended
   * before it, sequences of orders that moved last before it. Says how many.
   */
  expire(before: number): Promise<number>;
}
