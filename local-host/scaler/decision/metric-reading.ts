/** What a trigger's source said, and how many replicas that asks for. Pure. */

export type MetricReading = MetricValue | MetricFailure;

export interface MetricValue {
  readonly kind: 'value';
  /** For people, as in `3 messages in queue 'orders'`. */
  readonly what: string;
  /** Rounded to thousandths, which is what the metrics API carries. Never negative. */
  readonly value: number;
  readonly target: number;
  /** `AverageValue`: the value is shared by all replicas. `Value`: it is compared as it is. */
  readonly type: 'AverageValue' | 'Value';
}

export interface MetricFailure {
  readonly kind: 'failure';
  readonly what: string;
  readonly reason: string;
}

export interface Tolerance {
  readonly up: number;
  readonly down: number;
}

/** A number as the metrics API carries it: thousandths; what is no number, endless or negative is 0. */
export function metricNumber(value: number): number {
  return Number.isFinite(value) && value > 0 ? Math.round(value * 1000) / 1000 : 0;
}

/**
 * Replicas that one metric asks for, `ceil(value / target)`; those that are there when the metric is within the tolerance of its
 * target.
 * @param replicas at least 1
 * @param ready those that serve already; what `Value` reckons with
 */
export function askedFor(metric: MetricValue, replicas: number, ready: number, tolerance: Tolerance): number {
  const whole = wholeRatio(metric);
  const ratio = metric.type === 'AverageValue' ? whole / replicas : whole;
  if (ratio >= 1 - tolerance.down && ratio <= 1 + tolerance.up) return replicas;
  return Math.ceil(metric.type === 'AverageValue' ? whole : whole * ready);
}

/** Value by target, reckoned in whole thousandths: 1.1 by 0.1 is 11 and not a little more. */
export function wholeRatio({ value, target }: Pick<MetricValue, 'value' | 'target'>): number {
  return Math.round(value * 1000) / Math.round(target * 1000);
}
