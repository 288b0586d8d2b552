/** KEDA's `fallback`: what stands in for a metric that could not be read more than `failureThreshold` times in a row. Pure. */
import { metricNumber, type MetricReading } from './metric-reading';

export interface Fallback {
  readonly failureThreshold: number;
  readonly replicas: number;
  readonly behavior: 'static' | 'currentReplicas' | 'currentReplicasIfHigher' | 'currentReplicasIfLower';
}

/** What of a trigger does not depend on whether it could be read. */
export interface MetricAim {
  readonly target: number;
  readonly type: 'AverageValue' | 'Value';
}

/**
 * The reading to go by: the failure itself up to the threshold; beyond it a value that asks for the fallback's replicas.
 * @param failures in a row, this one included
 */
export function withFallback(
  reading: MetricReading,
  aim: MetricAim,
  fallback: Fallback | undefined,
  failures: number,
  replicas: number,
  ready: number,
): { readonly reading: MetricReading; readonly fellBack: boolean } {
  if (reading.kind === 'value' || fallback === undefined || failures <= fallback.failureThreshold)
    return { reading, fellBack: false };
  const wanted = fallbackReplicas(fallback, replicas);
  // What is compared as it is must be shared out by hand; with nobody ready there is nothing to reckon with.
  if (aim.type === 'Value' && ready === 0) return { reading, fellBack: false };
  const value = metricNumber((aim.target * wanted) / (aim.type === 'Value' ? ready : 1));
  const what = `standing in for ${reading.what} (fallback to ${wanted} after ${failures} failures: ${reading.reason})`;
  return { reading: { kind: 'value', what, value, ...aim }, fellBack: true };
}

function fallbackReplicas({ behavior, replicas: given }: Fallback, current: number): number {
  switch (behavior) {
    case 'static':
      return given;
    case 'currentReplicas':
      return current;
    case 'currentReplicasIfHigher':
      return Math.max(current, given);
    case 'currentReplicasIfLower':
      return Math.min(current, given);
  }
}
