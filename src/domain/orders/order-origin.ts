/** What orders can come from. */
export type Backend = 'kafka' | 'eventhub' | 'queue';

/** Where an event came from, for logs and dead letters. */
export interface OrderOrigin {
  readonly backend: Backend;
  /** Topic, hub or queue. */
  readonly source: string;
  /** `partition/offset` where there are partitions, else the message's id: the same for every delivery. */
  readonly position: string;
  /** When the backend took it, milliseconds since the epoch; 0 when it did not say. */
  readonly enqueuedAt: number;
  readonly traceparent?: string;
}
