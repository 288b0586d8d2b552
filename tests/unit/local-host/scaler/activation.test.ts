import {
  decideActivation,
  type ActivationLook,
  type ActivationPast,
  type ActivationRules,
} from '../../../../local-host/scaler/decision/activation';
import { withFallback, type Fallback } from '../../../../local-host/scaler/decision/fallback';
import type { MetricReading } from '../../../../local-host/scaler/decision/metric-reading';

const ZERO: ActivationRules = {
  ...{ minReplicas: 0, idleReplicas: undefined, cooldownMs: 300_000, initialCooldownMs: 0 },
  fallbackReplicas: undefined,
};
const FRESH: ActivationPast = { createdMs: 0, lastActiveMs: undefined };
const look = (of: Partial<ActivationLook>): ActivationLook => ({
  ...{ nowMs: 1000, replicas: 1, active: [], failed: false },
  ...of,
});
const outcome = (rules: ActivationRules, past: ActivationPast, of: Partial<ActivationLook>): string => {
  const { replicas, cause } = decideActivation(rules, past, look(of));
  return `${replicas} ${cause}`;
};

describe('to and from zero', () => {
  test('an active trigger makes one of none, or as many as the least', () => {
    expect(outcome(ZERO, FRESH, { replicas: 0, active: ['9 messages'] })).toBe('1 activated');
    expect(outcome({ ...ZERO, minReplicas: 3 }, FRESH, { replicas: 0, active: ['9 messages'] })).toBe('3 activated');
    expect(outcome(ZERO, FRESH, { replicas: 4, active: ['9 messages'] })).toBe('4 active');
  });

  test('the cooldown counts from the last active look, and has passed only after its last moment', () => {
    const past = { createdMs: 0, lastActiveMs: 10_000 };
    expect(outcome(ZERO, past, { nowMs: 309_999 })).toBe('1 cooling-down');
    expect(outcome(ZERO, past, { nowMs: 310_000 })).toBe('1 cooling-down');
    expect(outcome(ZERO, past, { nowMs: 310_001, replicas: 7 })).toBe('0 deactivated');
    expect(decideActivation(ZERO, past, look({ active: ['x'], nowMs: 20_000 })).past.lastActiveMs).toBe(20_000);
  });

  test('before any activity the initial cooldown counts', () => {
    const rules = { ...ZERO, initialCooldownMs: 60_000 };
    expect(outcome(rules, FRESH, { nowMs: 60_000 })).toBe('1 cooling-down');
    expect(outcome(rules, FRESH, { nowMs: 60_001 })).toBe('0 deactivated');
  });

  test('where there is a least number it is kept, and nothing goes to zero', () => {
    const rules = { ...ZERO, minReplicas: 2 };
    expect(outcome(rules, FRESH, { replicas: 5, nowMs: 1e9 })).toBe('5 inactive');
    expect(outcome(rules, FRESH, { replicas: 1 })).toBe('2 raised');
  });

  test('idleReplicaCount stands in for zero', () => {
    const rules = { ...ZERO, minReplicas: 3, idleReplicas: 1 };
    expect(outcome(rules, FRESH, { replicas: 1, active: ['x'] })).toBe('3 activated');
    expect(outcome(rules, { createdMs: 0, lastActiveMs: 0 }, { replicas: 3, nowMs: 300_001 })).toBe('1 deactivated');
    expect(outcome(rules, FRESH, { replicas: 1 })).toBe('1 inactive');
  });

  test('a source that is away takes nothing to zero, unless the fallback says zero', () => {
    const past = { createdMs: 0, lastActiveMs: 0 };
    expect(outcome(ZERO, past, { nowMs: 1e9, failed: true })).toBe('1 source-failed');
    expect(outcome({ ...ZERO, fallbackReplicas: 3 }, past, { nowMs: 1e9, failed: true })).toBe('1 source-failed');
    expect(outcome({ ...ZERO, fallbackReplicas: 0 }, past, { nowMs: 1e9, failed: true })).toBe('0 deactivated');
  });

  test('a clock that is set back prolongs no cooldown', () => {
    const past = { createdMs: 5e9, lastActiveMs: 5e9 };
    const first = decideActivation(ZERO, past, look({ nowMs: 1000 }));
    expect(first.cause).toBe('cooling-down');
    expect(outcome(ZERO, first.past, { nowMs: 301_001 })).toBe('0 deactivated');
  });
});

describe('fallback', () => {
  const failure: MetricReading = { kind: 'failure', what: 'messages', reason: 'away' };
  const aim = { target: 5, type: 'AverageValue' } as const;
  const fallback = (behavior: Fallback['behavior']): Fallback => ({ failureThreshold: 3, replicas: 6, behavior });

  test('stands in only after more failures than the threshold', () => {
    expect(withFallback(failure, aim, fallback('static'), 3, 2, 2)).toEqual({ reading: failure, fellBack: false });
    expect(withFallback(failure, aim, fallback('static'), 4, 2, 2)).toMatchObject({
      fellBack: true,
      reading: { value: 30, target: 5 },
    });
    expect(withFallback(failure, aim, undefined, 99, 2, 2).fellBack).toBe(false);
  });

  test.each([
    ['static', 2, 30],
    ['currentReplicas', 2, 10],
    ['currentReplicasIfHigher', 2, 30],
    ['currentReplicasIfHigher', 9, 45],
    ['currentReplicasIfLower', 2, 10],
    ['currentReplicasIfLower', 9, 30],
  ] as const)('%s with %d replicas is a value of %d', (behavior, replicas, value) => {
    expect(withFallback(failure, aim, fallback(behavior), 4, replicas, replicas).reading).toMatchObject({ value });
  });

  test('with the metric type Value it is shared among those that serve, and cannot be had with none', () => {
    const single = { target: 5, type: 'Value' } as const;
    expect(withFallback(failure, single, fallback('static'), 4, 4, 4).reading).toMatchObject({ value: 7.5 });
    expect(withFallback(failure, single, fallback('static'), 4, 4, 0).fellBack).toBe(false);
  });
});
