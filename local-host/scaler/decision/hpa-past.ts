/**
 * What the autoscaler remembers: what it would have asked for, and what it changed, as long as a window or a policy looks back.
 * Pure: every function answers a new past.
 */
import type { HpaRules } from './hpa-rules';
import { DEFAULT_DOWN_WINDOW_MS } from './hpa-rules';

export interface HpaPast {
  /** What the metrics asked for at each look, before any limit. Undefined before the first look. */
  readonly recommendations: readonly Recommendation[] | undefined;
  /** Changes that were made; positive upwards. Kept only where there is a `behavior`. */
  readonly changes: readonly Change[];
}

export interface Recommendation {
  readonly atMs: number;
  readonly replicas: number;
}

export interface Change {
  readonly atMs: number;
  readonly by: number;
}

export const NO_PAST: HpaPast = { recommendations: undefined, changes: [] };

/**
 * The past as seen at a time: without what nothing looks back to any more. What lies ahead of that time (the clock was set
 * back) counts as of now, or it would stay for as long as the clock went back.
 */
export function pastAt(past: HpaPast, nowMs: number, rules: HpaRules): HpaPast {
  const { behaviour } = rules;
  const windowMs = behaviour ? Math.max(behaviour.up.windowMs, behaviour.down.windowMs) : DEFAULT_DOWN_WINDOW_MS;
  const policies = behaviour ? [...behaviour.up.policies, ...behaviour.down.policies] : [];
  const longestMs = Math.max(0, ...policies.map(({ periodMs }) => periodMs));
  const notAhead = <T extends { readonly atMs: number }>(entry: T): T =>
    entry.atMs > nowMs ? { ...entry, atMs: nowMs } : entry;
  return {
    recommendations: past.recommendations?.map(notAhead).filter(({ atMs }) => nowMs - atMs <= windowMs),
    changes: past.changes.map(notAhead).filter(({ atMs }) => nowMs - atMs < longestMs),
  };
}

/** Replicas added and taken away within the period that ends now. */
export function changedWithin(past: HpaPast, nowMs: number, periodMs: number): { added: number; removed: number } {
  let added = 0;
  let removed = 0;
  for (const { atMs, by } of past.changes) {
    if (nowMs - atMs >= periodMs) continue;
    if (by > 0) added += by;
    else removed -= by;
  }
  return { added, removed };
}
