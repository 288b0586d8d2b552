import type { Headers } from '../domain/blob-events/delivery';
import type { Probe } from './probe';

export interface OutgoingMessage {
  /** The same for every message of a version. */
  readonly id: string;
  /** JSON. */
  readonly text: string;
  readonly headers: Headers;
}

/** Where blob events wait to be worked on, and copies of those that were given up. */
export interface BlobEventBroker {
  /** As OpenTelemetry names it. */
  readonly system: 'rabbitmq' | 'azure_storage_queue';
  readonly queues: { readonly events: string; readonly errors: string };
  /** Resolves once the broker holds all of them durably; rejects when of one that is not known. */
  publish(messages: readonly OutgoingMessage[]): Promise<void>;
  /** As {@link publish}, to the error queue. */
  publishError(message: OutgoingMessage): Promise<void>;
  /** Messages that wait. */
  lengths(): Promise<{ readonly events: number; readonly errors: number }>;
  /** The broker answers, and its queues are there. */
  readonly probe: Probe;
  /** Makes queues (and exchanges) that are missing. @throws Error when one is there with other properties */
  declare(): Promise<void>;
  stop(): Promise<void>;
}
