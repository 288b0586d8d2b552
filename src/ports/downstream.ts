/** The service that orders are handed to (O2). */
export interface OrderDelivery {
  /** The payload as it came. */
  readonly text: string;
  /** The same for every delivery of one event. */
  readonly idempotencyKey: string;
  readonly traceparent: string | undefined;
}

export type Delivered =
  | { readonly kind: 'delivered' }
  /** It will never be taken: the service said so. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** It may be taken another time. */
  | { readonly kind: 'unavailable'; readonly reason: string; readonly retryAfterMs?: number };

export interface Downstream {
  /** Never rejects. */
  deliver(delivery: OrderDelivery): Promise<Delivered>;
}
