/** ScaledObjects for tests: as a manifest gives them, with the defaults of KEDA. */
import type { ScaledObject } from '../../../../local-host/scaler/scaled-object';

export function scaledObject(of: Partial<ScaledObject> = {}): ScaledObject {
  return {
    ...{ name: 'worker', target: 'Deployment/worker', where: 'worker.yaml:4' },
    ...{ pollingIntervalMs: 30_000, cooldownMs: 300_000, initialCooldownMs: 0, idleReplicas: undefined },
    ...{ minReplicas: 1, maxReplicas: 10, fallback: undefined, behaviour: undefined, paused: undefined },
    triggers: [
      {
        ...{ type: 'azure-queue', where: 'worker.yaml:9', metadata: {}, authentication: {}, identity: false },
        ...{ useCachedMetrics: true, metricType: 'AverageValue' },
      },
    ],
    ...of,
  };
}
