/**
 * Reads the sources of one ScaledObject when KEDA and the autoscaler would, and tells what they decide.
 *
 * Invariants: 1. one look at a time; 2. a source that does not answer holds up a look for READ_LIMIT_MS at most; 3. after `stop`
 * nothing is read or told.
 */
import { sleep, type Clock } from '../clock';
import type { MetricSource } from './metric-source';
import { ObjectAutoscaler, type ScaleDecision, type TriggerRead } from './object-autoscaler';
import type { ScaledObject } from './scaled-object';

const READ_LIMIT_MS = 10_000;

export interface AutoscalingLoopOptions {
  readonly object: ScaledObject;
  /** In the order of the object's triggers; closed by `stop`. */
  readonly sources: readonly MetricSource[];
  readonly maxInstances: number;
  /** Between two looks of the autoscaler. In a cluster `--horizontal-pod-autoscaler-sync-period`, 15 s. */
  readonly syncIntervalMs: number;
  readonly clock: Clock;
  /** Replicas that serve. */
  readonly ready: () => number;
  readonly onDecision: (decision: ScaleDecision) => void;
  /** Told of each read that failed. */
  readonly onFailure: (source: MetricSource, reason: string) => void;
}

export class AutoscalingLoop {
  readonly autoscaler: ObjectAutoscaler;
  readonly #options: AutoscalingLoopOptions;
  readonly #stopping = new AbortController();
  #turn: Promise<void> = Promise.resolve();
  #running: Promise<unknown> = Promise.resolve();

  constructor(options: AutoscalingLoopOptions) {
    const { object, sources, maxInstances, clock } = options;
    this.#options = options;
    this.autoscaler = new ObjectAutoscaler({ object, sources, maxInstances, createdMs: clock.now() });
  }

  start(): void {
    const { object, syncIntervalMs } = this.#options;
    this.#running = Promise.all([
      this.#every(object.pollingIntervalMs, () => this.#poll()),
      this.#every(syncIntervalMs, () => this.#sync()),
    ]);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    await Promise.all(this.#options.sources.map((source) => source.close().catch(() => undefined)));
  }

  /** At once, then at this interval, or as soon as the look before is over where that took longer. */
  async #every(intervalMs: number, look: () => Promise<void>): Promise<void> {
    const { clock } = this.#options;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const beganMs = clock.now();
      this.#turn = this.#turn.then(() => (signal.aborted ? undefined : look()));
      await this.#turn;
      const tookMs = Math.min(intervalMs, Math.max(0, clock.now() - beganMs));
      await sleep(clock, intervalMs - tookMs, signal);
    }
  }

  async #poll(): Promise<void> {
    const { sources } = this.#options;
    const reads = await Promise.all(sources.map((source) => this.#read(source)));
    this.#decide((nowMs, ready) => this.autoscaler.poll(reads, nowMs, ready));
  }

  async #sync(): Promise<void> {
    const { sources, object } = this.#options;
    // At zero the autoscaler rests and asks nobody.
    const asks = this.autoscaler.replicas > 0;
    const reads = await Promise.all(
      sources.map(async (source, index) =>
        asks && object.triggers[index]?.useCachedMetrics !== true ? this.#read(source) : undefined,
      ),
    );
    this.#decide((nowMs, ready) => this.autoscaler.sync(reads, nowMs, ready));
  }

  #decide(decide: (nowMs: number, ready: number) => ScaleDecision): void {
    if (this.#stopping.signal.aborted) return;
    const { clock, ready, onDecision } = this.#options;
    onDecision(decide(clock.now(), ready()));
  }

  async #read(source: MetricSource): Promise<TriggerRead> {
    const { clock, onFailure } = this.#options;
    const { signal } = this.#stopping;
    const over = new AbortController();
    const either = AbortSignal.any([signal, over.signal]);
    const late = sleep(clock, READ_LIMIT_MS, either).then((): TriggerRead => {
      over.abort();
      return { failed: `no answer within ${READ_LIMIT_MS / 1000} s.` };
    });
    const answer = source.read(either).catch((error: unknown): TriggerRead | Promise<TriggerRead> =>
      // It was given up: the reason is not that it was cut off.
      either.aborted ? late : { failed: error instanceof Error ? error.message : String(error) },
    );
    const read = await Promise.race([answer, late]);
    over.abort();
    if ('failed' in read && !signal.aborted) onFailure(source, read.failed);
    return read;
  }
}
