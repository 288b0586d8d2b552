/**
 * How many replicas a HorizontalPodAutoscaler asks for at one look. Pure: rules, past and what was read in; number, reason and
 * new past out. The rules are those of Kubernetes' own controller (docs/adr/0010).
 */
import { NO_PAST, changedWithin, pastAt, type HpaPast } from './hpa-past';
import {
  DEFAULT_TOLERANCE,
  LEGACY_UP_FACTOR,
  LEGACY_UP_FLOOR,
  type HpaBehaviour,
  type HpaRules,
  type ScalingRules,
} from './hpa-rules';
import { askedFor, wholeRatio, type MetricReading, type MetricValue } from './metric-reading';

export { NO_PAST, type HpaPast };

export interface HpaLook {
  readonly nowMs: number;
  /** As they are asked for now. */
  readonly replicas: number;
  /** Those of them that serve. */
  readonly ready: number;
  readonly metrics: readonly MetricReading[];
}

/** Why the number is what it is; stable words, for metrics and tests. */
export type HpaCause =
  'at-zero' | 'above-max' | 'below-min' | 'no-metric' | 'metric' | 'stabilized' | 'rate' | 'disabled' | 'max' | 'min';

export interface HpaDecision {
  readonly replicas: number;
  readonly cause: HpaCause;
  /** A sentence without a full stop. */
  readonly reason: string;
  readonly past: HpaPast;
}

export function decideReplicas(rules: HpaRules, before: HpaPast, look: HpaLook): HpaDecision {
  const { nowMs, replicas } = look;
  const known = pastAt(before, nowMs, rules);
  const past = { ...known, recommendations: known.recommendations ?? [{ atMs: nowMs, replicas }] };
  const answer = (to: number, cause: HpaCause, reason: string, after: HpaPast = past): HpaDecision => {
    const changed = to !== replicas && rules.behaviour !== undefined;
    const changes = changed ? [...after.changes, { atMs: nowMs, by: to - replicas }] : after.changes;
    return { replicas: to, cause, reason, past: { ...after, changes } };
  };
  if (replicas === 0) return answer(0, 'at-zero', 'scaled to zero; the autoscaler rests');
  if (replicas > rules.max) return answer(rules.max, 'above-max', `more than ${rules.maxName} ${rules.max}`);
  if (replicas < rules.min) return answer(rules.min, 'below-min', `fewer than minReplicaCount ${rules.min}`);
  const asked = askedByMetrics(rules, look);
  if (asked.replicas === undefined) return answer(replicas, 'no-metric', asked.reason);
  const noted = { ...past, recommendations: [...past.recommendations, { atMs: nowMs, replicas: asked.replicas }] };
  const settled = settle(rules, past, look, asked.replicas);
  const reason = settled.why === undefined ? asked.reason : `${asked.reason}; ${settled.why}`;
  return answer(settled.replicas, settled.cause, reason, noted);
}

type Asked =
  { readonly replicas: number; readonly reason: string } | { readonly replicas: undefined; readonly reason: string };

/** The most that any metric asks for. One that cannot be read keeps the replicas from becoming fewer. */
function askedByMetrics({ behaviour }: HpaRules, { replicas, ready, metrics }: HpaLook): Asked {
  const tolerance = {
    up: behaviour?.up.tolerance ?? DEFAULT_TOLERANCE,
    down: behaviour?.down.tolerance ?? DEFAULT_TOLERANCE,
  };
  const failures = metrics.filter((metric) => metric.kind === 'failure');
  const [strongest] = metrics
    .filter((metric): metric is MetricValue => metric.kind === 'value')
    .map((metric) => ({ metric, wants: askedFor(metric, replicas, ready, tolerance) }))
    .sort((a, b) => b.wants - a.wants);
  const [failed] = failures;
  if (strongest === undefined || (failed !== undefined && strongest.wants < replicas))
    return {
      replicas: undefined,
      reason: failed === undefined ? 'no trigger has a metric' : `${failed.what} cannot be read: ${failed.reason}`,
    };
  const { metric, wants } = strongest;
  const each = metric.type === 'AverageValue' ? `${metric.target} each` : `target ${metric.target}`;
  const exact = metric.type === 'AverageValue' ? Math.ceil(wholeRatio(metric)) : wants;
  const tolerated = wants === replicas && exact !== wants ? ', within the tolerance' : '';
  return { replicas: wants, reason: `${metric.value} ${metric.what}, ${each}: ${wants} asked for${tolerated}` };
}

interface Settled {
  readonly replicas: number;
  readonly cause: HpaCause;
  readonly why?: string;
}

function settle(rules: HpaRules, past: HpaPast, look: HpaLook, asked: number): Settled {
  const { behaviour } = rules;
  return behaviour ? settleByBehaviour(rules, behaviour, past, look, asked) : settleByDefault(rules, past, look, asked);
}

/** Without `behavior`: down only to the most that was asked for in five minutes, up to twice as many. */
function settleByDefault(rules: HpaRules, past: HpaPast, { replicas }: HpaLook, asked: number): Settled {
  const stable = Math.max(asked, ...(past.recommendations ?? []).map((earlier) => earlier.replicas));
  const limit = Math.max(LEGACY_UP_FACTOR * replicas, LEGACY_UP_FLOOR);
  if (stable > Math.min(rules.max, limit))
    return rules.max > limit
      ? { replicas: limit, cause: 'rate', why: `no more than ${limit} at once` }
      : { replicas: rules.max, cause: 'max', why: `no more than ${rules.maxName} ${rules.max}` };
  if (stable < rules.min || (stable === rules.min && asked < rules.min)) return belowMin(rules);
  if (stable !== asked)
    return { replicas: stable, cause: 'stabilized', why: `as many as ${stable} were asked for within the last 300 s` };
  return { replicas: stable, cause: 'metric' };
}

function settleByBehaviour(
  rules: HpaRules,
  { up, down }: HpaBehaviour,
  past: HpaPast,
  { nowMs, replicas }: HpaLook,
  asked: number,
): Settled {
  const within = (windowMs: number): number[] =>
    (past.recommendations ?? []).filter(({ atMs }) => nowMs - atMs < windowMs).map((earlier) => earlier.replicas);
  const least = Math.min(asked, ...within(up.windowMs));
  const most = Math.max(asked, ...within(down.windowMs));
  const stable = Math.min(Math.max(replicas, least), most);
  const limited = limit(rules, { up, down }, past, nowMs, replicas, stable);
  if (limited) return limited;
  if (stable === asked) return { replicas: stable, cause: 'metric' };
  if (stable === rules.min && asked < rules.min) return belowMin(rules);
  const [extreme, windowMs] =
    stable < asked ? [`as few as ${least}`, up.windowMs] : [`as many as ${most}`, down.windowMs];
  return {
    replicas: stable,
    cause: 'stabilized',
    why: `${extreme} were asked for within the last ${windowMs / 1000} s`,
  };
}

function limit(
  rules: HpaRules,
  { up, down }: HpaBehaviour,
  past: HpaPast,
  nowMs: number,
  replicas: number,
  wanted: number,
): Settled | undefined {
  if (wanted > replicas) {
    if (up.select === 'Disabled') return { replicas, cause: 'disabled', why: 'scaling up is disabled' };
    const allowed = Math.max(replicas, furthest(up, past, nowMs, replicas, 1));
    if (wanted <= Math.min(rules.max, allowed)) return undefined;
    return rules.max > allowed
      ? { replicas: allowed, cause: 'rate', why: `no more than ${allowed} for now by the scaleUp policies` }
      : { replicas: rules.max, cause: 'max', why: `no more than ${rules.maxName} ${rules.max}` };
  }
  if (wanted < replicas) {
    if (down.select === 'Disabled') return { replicas, cause: 'disabled', why: 'scaling down is disabled' };
    const allowed = Math.min(replicas, furthest(down, past, nowMs, replicas, -1));
    if (wanted >= Math.max(rules.min, allowed)) return undefined;
    return rules.min < allowed
      ? { replicas: allowed, cause: 'rate', why: `no fewer than ${allowed} for now by the scaleDown policies` }
      : belowMin(rules);
  }
  return undefined;
}

/** The furthest that the policies allow to go now, upwards or downwards, from what there was when their period began. */
function furthest(rules: ScalingRules, past: HpaPast, nowMs: number, replicas: number, direction: 1 | -1): number {
  const reach = rules.policies.map(({ type, value, periodMs }) => {
    const { added, removed } = changedWithin(past, nowMs, periodMs);
    const start = replicas - added + removed;
    if (type === 'Pods') return start + direction * value;
    const part = start * (1 + (direction * value) / 100);
    return direction > 0 ? Math.ceil(part) : Math.trunc(part);
  });
  const far = direction > 0 ? Math.max : Math.min;
  const near = direction > 0 ? Math.min : Math.max;
  return rules.select === 'Min' ? near(...reach) : far(...reach);
}

function belowMin({ min }: HpaRules): Settled {
  return { replicas: min, cause: 'min', why: `at least ${min}` };
}
