/**
 * What KEDA and the autoscaler decide together for one ScaledObject: what was read comes in with its time, decisions go out.
 * Knows no source, no clock and no process.
 *
 * Invariants: 1. `replicas` changes by a decision alone, which says why. 2. A reading that failed never lowers it.
 */
import { decideActivation, type ActivationCause, type ActivationPast } from './decision/activation';
import { withFallback } from './decision/fallback';
import { NO_PAST, decideReplicas, type HpaCause, type HpaPast } from './decision/hpa';
import type { HpaRules } from './decision/hpa-rules';
import { metricNumber, type MetricReading } from './decision/metric-reading';
import type { MetricSample, MetricSource } from './metric-source';
import type { ScaledObject } from './scaled-object';

/** What a source answered, or the message of its error. */
export type TriggerRead = MetricSample | { readonly failed: string };

export interface ScaleDecision {
  /** Name of the ScaledObject. */
  readonly object: string;
  readonly nowMs: number;
  /** `poll` is KEDA's own look, `sync` the autoscaler's. */
  readonly step: 'poll' | 'sync' | 'paused';
  readonly from: number;
  readonly to: number;
  readonly cause: ActivationCause | HpaCause | 'paused';
  /** A sentence without a full stop. */
  readonly reason: string;
}

interface TriggerState {
  readonly source: Pick<MetricSource, 'what' | 'target'>;
  readonly type: 'AverageValue' | 'Value';
  failures: number;
  /** Of the last read, after any fallback. */
  reading: MetricReading;
  active: boolean;
}

export interface ObjectAutoscalerOptions {
  readonly object: ScaledObject;
  /** In the order of the object's triggers. */
  readonly sources: readonly Pick<MetricSource, 'what' | 'target'>[];
  /** `--max-instances` */
  readonly maxInstances: number;
  readonly createdMs: number;
}

export class ObjectAutoscaler {
  readonly #object: ScaledObject;
  readonly #rules: HpaRules;
  readonly #min: number;
  readonly #triggers: readonly TriggerState[];
  #hpa: HpaPast = NO_PAST;
  #activation: ActivationPast;
  #replicas: number;

  constructor({ object, sources, maxInstances, createdMs }: ObjectAutoscalerOptions) {
    this.#object = object;
    this.#min = Math.min(object.minReplicas, maxInstances);
    const capped = maxInstances < object.maxReplicas;
    this.#rules = {
      min: Math.max(1, this.#min),
      max: capped ? maxInstances : object.maxReplicas,
      maxName: capped ? '--max-instances' : 'maxReplicaCount',
      behaviour: object.behaviour,
    };
    this.#triggers = sources.map((source, index) => ({
      source,
      type: object.triggers[index]?.metricType ?? 'AverageValue',
      failures: 0,
      reading: { kind: 'failure', what: source.what, reason: 'not read yet' },
      active: false,
    }));
    this.#activation = { createdMs, lastActiveMs: undefined };
    this.#replicas = Math.min(maxInstances, object.paused?.replicas ?? object.idleReplicas ?? this.#min);
  }

  get replicas(): number {
    return this.#replicas;
  }

  /** The last reading of each trigger, and whether it makes the object active. */
  get readings(): readonly { readonly reading: MetricReading; readonly active: boolean }[] {
    return this.#triggers.map(({ reading, active }) => ({ reading, active }));
  }

  /** KEDA's look: every trigger was read. */
  poll(reads: readonly TriggerRead[], nowMs: number, ready: number): ScaleDecision {
    const { object, paused } = { object: this.#object, paused: this.#object.paused };
    reads.forEach((read, index) => this.#note(index, read, ready));
    if (paused) return this.#decided('paused', this.#replicas, 'paused', 'paused by annotation', nowMs);
    const decision = decideActivation(
      {
        minReplicas: this.#min,
        idleReplicas: object.idleReplicas,
        cooldownMs: object.cooldownMs,
        initialCooldownMs: object.initialCooldownMs,
        fallbackReplicas: object.fallback?.replicas,
      },
      this.#activation,
      {
        nowMs,
        replicas: this.#replicas,
        active: this.#triggers.filter(({ active }) => active).map(({ reading }) => phrase(reading)),
        failed: this.#triggers.some(({ reading }) => reading.kind === 'failure'),
      },
    );
    this.#activation = decision.past;
    return this.#decided('poll', decision.replicas, decision.cause, this.#withFailure(decision), nowMs);
  }

  /** The autoscaler's look. A trigger for which nothing was read (undefined) counts as it was at the last poll. */
  sync(reads: readonly (TriggerRead | undefined)[], nowMs: number, ready: number): ScaleDecision {
    reads.forEach((read, index) => read && this.#note(index, read, ready));
    if (this.#object.paused) return this.#decided('paused', this.#replicas, 'paused', 'paused by annotation', nowMs);
    const metrics = this.#triggers.map(({ reading }) => reading);
    const decision = decideReplicas(this.#rules, this.#hpa, { nowMs, replicas: this.#replicas, ready, metrics });
    this.#hpa = decision.past;
    return this.#decided('sync', decision.replicas, decision.cause, decision.reason, nowMs);
  }

  #note(index: number, read: TriggerRead, ready: number): void {
    const trigger = this.#triggers[index];
    if (!trigger) return;
    const { source, type } = trigger;
    const failed = 'failed' in read;
    trigger.failures = failed ? trigger.failures + 1 : 0;
    const raw: MetricReading = failed
      ? { kind: 'failure', what: source.what, reason: read.failed }
      : { kind: 'value', what: source.what, value: metricNumber(read.value), target: source.target, type };
    const aim = { target: source.target, type };
    const { reading, fellBack } = withFallback(
      raw,
      aim,
      this.#object.fallback,
      trigger.failures,
      this.#replicas,
      ready,
    );
    trigger.reading = reading;
    trigger.active = failed ? fellBack : read.active;
  }

  #withFailure({ cause, reason }: { cause: ActivationCause; reason: string }): string {
    const failure = this.#triggers.map(({ reading }) => reading).find((reading) => reading.kind === 'failure');
    return cause === 'source-failed' && failure ? `${failure.what} cannot be read: ${failure.reason}` : reason;
  }

  #decided(
    step: ScaleDecision['step'],
    to: number,
    cause: ScaleDecision['cause'],
    reason: string,
    nowMs: number,
  ): ScaleDecision {
    const bounded = Math.min(to, this.#rules.max);
    const decision = { object: this.#object.name, nowMs, step, from: this.#replicas, to: bounded, cause, reason };
    this.#replicas = bounded;
    return decision;
  }
}

function phrase(reading: MetricReading): string {
  return reading.kind === 'value' ? `${reading.value} ${reading.what}` : reading.what;
}
