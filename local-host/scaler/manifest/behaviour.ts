/** `advanced.horizontalPodAutoscalerConfig.behavior` with Kubernetes' own values where it says nothing. */
import { DEFAULT_DOWN, DEFAULT_UP, type HpaBehaviour, type ScalingRules } from '../decision/hpa-rules';
import type { ScaledObjectManifest, ScalingRulesManifest } from './schema';

/** @throws Error that names a tolerance which is no quantity */
export function behaviourOf({ spec }: ScaledObjectManifest): HpaBehaviour | undefined {
  const given = spec.advanced?.horizontalPodAutoscalerConfig?.behavior;
  if (given === undefined) return undefined;
  return { up: rules(given.scaleUp, DEFAULT_UP), down: rules(given.scaleDown, DEFAULT_DOWN) };
}

function rules(given: ScalingRulesManifest | undefined, standard: ScalingRules): ScalingRules {
  if (given === undefined) return standard;
  return {
    windowMs:
      given.stabilizationWindowSeconds === undefined ? standard.windowMs : given.stabilizationWindowSeconds * 1000,
    select: given.selectPolicy ?? standard.select,
    policies:
      given.policies?.map(({ type, value, periodSeconds }) => ({ type, value, periodMs: periodSeconds * 1000 })) ??
      standard.policies,
    tolerance: given.tolerance === undefined ? standard.tolerance : quantity(given.tolerance),
  };
}

/** A quantity of Kubernetes as far as it makes sense for a part of one: `0.05`, `50m`, `5e-2`. */
function quantity(given: number | string): number {
  const [, digits, milli] = /^(\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+)(m?)$/.exec(String(given)) ?? [];
  if (digits === undefined) throw new Error(`tolerance '${given}' is no quantity such as 0.05 or 50m.`);
  return milli === 'm' ? Number(digits) / 1000 : Number(digits);
}
