/** How many messages a queue has, by one of the two ways. Rejects with a sentence that names the remedy. */
export interface QueueLength {
  count(signal: AbortSignal): Promise<number>;
  close(): Promise<void>;
}
