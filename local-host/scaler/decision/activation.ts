/**
 * KEDA's own part of scaling, at each poll: the way to and from zero (or `idleReplicaCount`), and the cooldown before it. What lies
 * between is the autoscaler's. Pure. Rules: KEDA's scale executor (docs/adr/0010).
 */

export interface ActivationRules {
  readonly minReplicas: number;
  readonly idleReplicas: number | undefined;
  readonly cooldownMs: number;
  readonly initialCooldownMs: number;
  /** `fallback.replicas`; undefined where there is no fallback. */
  readonly fallbackReplicas: number | undefined;
}

export interface ActivationPast {
  readonly createdMs: number;
  /** When a trigger was last active; undefined when none ever was. */
  readonly lastActiveMs: number | undefined;
}

export interface ActivationLook {
  readonly nowMs: number;
  readonly replicas: number;
  /** Names of the triggers above their activation threshold, for people. */
  readonly active: readonly string[];
  /** A source could not be read, and no fallback stood in for it. */
  readonly failed: boolean;
}

export type ActivationCause =
  'activated' | 'active' | 'deactivated' | 'cooling-down' | 'raised' | 'source-failed' | 'inactive';

export interface ActivationDecision {
  readonly replicas: number;
  readonly cause: ActivationCause;
  readonly reason: string;
  readonly past: ActivationPast;
}

export function decideActivation(
  rules: ActivationRules,
  before: ActivationPast,
  look: ActivationLook,
): ActivationDecision {
  const { nowMs, replicas } = look;
  const past = notAhead(before, nowMs);
  const keep = (cause: ActivationCause, reason: string, after: ActivationPast = past): ActivationDecision => ({
    replicas,
    cause,
    reason,
    past: after,
  });
  const { minReplicas, idleReplicas, fallbackReplicas } = rules;
  if (look.active.length > 0) {
    const now = { ...past, lastActiveMs: nowMs };
    const who = `${look.active.join(' and ')} active`;
    if (replicas === 0 || (idleReplicas !== undefined && replicas < minReplicas))
      return { replicas: Math.max(1, minReplicas), cause: 'activated', reason: who, past: now };
    return look.failed ? keep('source-failed', 'a source cannot be read') : keep('active', who, now);
  }
  if (look.failed && (fallbackReplicas === undefined || fallbackReplicas !== 0))
    return keep('source-failed', 'a source cannot be read');
  const rest = idleReplicas ?? minReplicas;
  if (idleReplicas !== undefined ? replicas > idleReplicas : replicas > 0 && minReplicas === 0) {
    const leftMs = cooldownEndMs(rules, past) - nowMs;
    // Over only once the time has passed, not when it has just come.
    if (leftMs >= 0)
      return keep('cooling-down', `no trigger active; cooling down for ${Math.ceil(leftMs / 1000)} s more`);
    return { replicas: rest, cause: 'deactivated', reason: 'no trigger active since the cooldown began', past };
  }
  if (idleReplicas === undefined && replicas < minReplicas)
    return { replicas: minReplicas, cause: 'raised', reason: `fewer than minReplicaCount ${minReplicas}`, past };
  return keep('inactive', 'no trigger active');
}

function cooldownEndMs(rules: ActivationRules, past: ActivationPast): number {
  return past.lastActiveMs === undefined
    ? past.createdMs + rules.initialCooldownMs
    : past.lastActiveMs + rules.cooldownMs;
}

/** Times ahead of now stem from a clock that was set back; they count as of now. */
function notAhead({ createdMs, lastActiveMs }: ActivationPast, nowMs: number): ActivationPast {
  return {
    createdMs: Math.min(createdMs, nowMs),
    lastActiveMs: lastActiveMs === undefined ? undefined : Math.min(lastActiveMs, nowMs),
  };
}
