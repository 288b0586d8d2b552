/** What bounds a HorizontalPodAutoscaler, with the values that Kubernetes puts where a manifest says nothing. */

export interface HpaRules {
  /** At least 1: the way to and from 0 is KEDA's, not the autoscaler's. */
  readonly min: number;
  readonly max: number;
  /** Where `max` comes from, for people: `maxReplicaCount` or `--max-instances`. */
  readonly maxName: string;
  /** Undefined: the rules from before `behavior` existed hold. See {@link LEGACY_UP_FACTOR}. */
  readonly behaviour: HpaBehaviour | undefined;
}

export interface HpaBehaviour {
  readonly up: ScalingRules;
  readonly down: ScalingRules;
}

export interface ScalingRules {
  readonly windowMs: number;
  /** Which policy counts where there are several: the one that allows the largest change, the smallest, or none at all. */
  readonly select: 'Max' | 'Min' | 'Disabled';
  readonly policies: readonly ScalingPolicy[];
  /** How far the metric may be from its target, as a part of it, before anything changes. */
  readonly tolerance: number;
}

/** At most so many replicas, or so many per cent of them, within a period. */
export interface ScalingPolicy {
  readonly type: 'Pods' | 'Percent';
  readonly value: number;
  readonly periodMs: number;
}

/** `--horizontal-pod-autoscaler-tolerance` */
export const DEFAULT_TOLERANCE = 0.1;
/** `--horizontal-pod-autoscaler-downscale-stabilization` */
export const DEFAULT_DOWN_WINDOW_MS = 300_000;
/** Without `behavior`, at most this many times the replicas, or LEGACY_UP_FLOOR of them, whichever is more. */
export const LEGACY_UP_FACTOR = 2;
export const LEGACY_UP_FLOOR = 4;

const PERIOD_MS = 15_000;

export const DEFAULT_UP: ScalingRules = {
  windowMs: 0,
  select: 'Max',
  policies: [
    { type: 'Pods', value: 4, periodMs: PERIOD_MS },
    { type: 'Percent', value: 100, periodMs: PERIOD_MS },
  ],
  tolerance: DEFAULT_TOLERANCE,
};

export const DEFAULT_DOWN: ScalingRules = {
  windowMs: DEFAULT_DOWN_WINDOW_MS,
  select: 'Max',
  policies: [{ type: 'Percent', value: 100, periodMs: PERIOD_MS }],
  tolerance: DEFAULT_TOLERANCE,
};
