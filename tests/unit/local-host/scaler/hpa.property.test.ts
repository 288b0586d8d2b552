/** The autoscaler's decisions against the model that is written down in hpa-model.ts, and what holds for any of them. */
import fc from 'fast-check';
import { NO_PAST, decideReplicas, type HpaPast } from '../../../../local-host/scaler/decision/hpa';
import type { HpaRules, ScalingRules } from '../../../../local-host/scaler/decision/hpa-rules';
import type { MetricReading } from '../../../../local-host/scaler/decision/metric-reading';
import { scaled } from '../../../drivers/scale';
import { HpaModel, type ModelMetric } from './hpa-model';

const RUNS = scaled(10_000);

const policy = fc.record({
  type: fc.constantFrom('Pods' as const, 'Percent' as const),
  value: fc.integer({ min: 1, max: 200 }),
  periodMs: fc.integer({ min: 1, max: 120 }).map((s) => s * 1000),
});
const rules: fc.Arbitrary<ScalingRules> = fc.record({
  windowMs: fc.integer({ min: 0, max: 120 }).map((s) => s * 1000),
  select: fc.constantFrom('Max' as const, 'Min' as const, 'Disabled' as const),
  policies: fc.array(policy, { minLength: 1, maxLength: 3 }),
  tolerance: fc.constantFrom(0, 0.05, 0.1, 0.5),
});
const hpaRules: fc.Arbitrary<HpaRules> = fc
  .tuple(fc.integer({ min: 1, max: 10 }), fc.integer({ min: 0, max: 90 }), fc.option(fc.tuple(rules, rules)))
  .map(([min, more, behaviour]) => ({
    min,
    max: min + more,
    maxName: 'maxReplicaCount',
    behaviour: behaviour ? { up: behaviour[0], down: behaviour[1] } : undefined,
  }));
const metric = fc.record({
  value: fc.option(fc.oneof(fc.integer({ min: 0, max: 300 }), fc.constantFrom(1e9, 2 ** 40)), {
    nil: undefined,
    freq: 8,
  }),
  target: fc.constantFrom(1, 2, 5, 0.1, 0.5, 64),
});
const looks = fc.array(
  fc.record({
    afterMs: fc.integer({ min: 0, max: 400 }).map((tenths) => tenths * 100),
    metrics: fc.array(metric, { minLength: 1, maxLength: 3 }),
  }),
  { minLength: 1, maxLength: 60 },
);

const readings = (metrics: readonly ModelMetric[]): MetricReading[] =>
  metrics.map(({ value, target }) =>
    value === undefined
      ? { kind: 'failure', what: 'x', reason: 'gone' }
      : { kind: 'value', what: 'x', value, target, type: 'AverageValue' },
  );

test('decides as the model does, for any rules and any history', () => {
  fc.assert(
    fc.property(hpaRules, fc.integer({ min: 0, max: 110 }), looks, (of, start, history) => {
      const model = new HpaModel(of, start);
      let past: HpaPast = NO_PAST;
      let replicas = start;
      let nowMs = 1_000_000;
      const decided: unknown[] = [];
      const modelled: unknown[] = [];
      for (const { afterMs, metrics } of history) {
        nowMs += afterMs;
        const look = { nowMs, replicas, ready: replicas, metrics: readings(metrics) };
        ({ replicas, past } = decideReplicas(of, past, look));
        decided.push([nowMs, replicas]);
        modelled.push([nowMs, model.look(nowMs, metrics)]);
      }
      expect(decided).toEqual(modelled);
    }),
    { numRuns: RUNS },
  );
});

test('stays within its bounds, remembers no more than its windows, and moves nothing on an unreadable source', () => {
  fc.assert(
    fc.property(hpaRules, looks, (of, history) => {
      let past: HpaPast = NO_PAST;
      let replicas = of.min;
      let nowMs = 0;
      for (const { afterMs, metrics } of history) {
        nowMs += Math.max(100, afterMs);
        const decision = decideReplicas(of, past, { nowMs, replicas, ready: 0, metrics: readings(metrics) });
        expect(decision.replicas).toBeGreaterThanOrEqual(of.min);
        expect(decision.replicas).toBeLessThanOrEqual(of.max);
        if (metrics.every(({ value }) => value === undefined)) expect(decision.replicas).toBe(replicas);
        if (metrics.some(({ value }) => value === undefined))
          expect(decision.replicas).toBeGreaterThanOrEqual(replicas);
        ({ replicas, past } = decision);
        expect(past.recommendations?.length ?? 0).toBeLessThanOrEqual(3_002);
      }
    }),
    { numRuns: RUNS / 10 },
  );
});

test('a clock that is set back delays nothing by more than a window', () => {
  fc.assert(
    fc.property(hpaRules, looks, fc.integer({ min: 1, max: 1e9 }), (of, history, backMs) => {
      fc.pre(of.behaviour?.down.select !== 'Disabled');
      let past: HpaPast = NO_PAST;
      let replicas = of.min;
      let nowMs = 2e9;
      const look = (metrics: readonly ModelMetric[]): void => {
        ({ replicas, past } = decideReplicas(of, past, {
          nowMs,
          replicas,
          ready: replicas,
          metrics: readings(metrics),
        }));
      };
      for (const { afterMs, metrics } of history) {
        nowMs += afterMs;
        look(metrics);
      }
      nowMs -= backMs;
      look([{ value: 0, target: 1 }]);
      // The longest window and policy period of these rules is 300 s; each further period takes at least one away.
      nowMs += 300_001;
      for (let i = 0; i < 100; i++) {
        nowMs += 120_000;
        look([{ value: 0, target: 1 }]);
      }
      expect(replicas).toBe(of.min);
    }),
    { numRuns: RUNS / 10 },
  );
});
