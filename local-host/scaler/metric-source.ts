/** Where a trigger's metric comes from; one implementation for each kind of trigger, in `sources/`. */
export interface MetricSource {
  /** What is counted, in the plural, as in `ready messages in queue 'blob.events'`. */
  readonly what: string;
  /** How much of it one replica is to have. Above 0. */
  readonly target: number;
  /**
   * Counts now. Rejects with a sentence that says what to look at, without any secret; also when `signal` is aborted.
   */
  read(signal: AbortSignal): Promise<MetricSample>;
  close(): Promise<void>;
}

export interface MetricSample {
  readonly value: number;
  /** Above the activation threshold: there is to be a replica at all. */
  readonly active: boolean;
}
