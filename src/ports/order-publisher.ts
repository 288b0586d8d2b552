export interface PublishedOrder {
  /** Keeps events of one order together where the backend has partitions. */
  readonly key: string;
  readonly text: string;
}

/** Puts orders where a backend takes them from, for demos and tests. */
export interface OrderPublisher {
  /** Resolves once the backend holds all of them; those of one key in this order, where the backend keeps an order. */
  send(orders: readonly PublishedOrder[]): Promise<void>;
  close(): Promise<void>;
}
