/** A KEDA ScaledObject as far as it decides on replicas, checked and with its defaults filled in. */
import type { Fallback } from './decision/fallback';
import type { HpaBehaviour } from './decision/hpa-rules';

export interface ScaledObject {
  /** `namespace/name`; the name alone in the namespace `default`. */
  readonly name: string;
  /** Kind and name of the workload, such as `Deployment/blob-processor`. */
  readonly target: string;
  /** File and line. */
  readonly where: string;
  /** @default 30 s */
  readonly pollingIntervalMs: number;
  /** @default 300 s */
  readonly cooldownMs: number;
  /** @default 0 */
  readonly initialCooldownMs: number;
  readonly idleReplicas: number | undefined;
  /** @default 0 */
  readonly minReplicas: number;
  /** @default 100 */
  readonly maxReplicas: number;
  readonly fallback: Fallback | undefined;
  readonly behaviour: HpaBehaviour | undefined;
  /** By annotation. The replicas stay as they are, or as many as it says. */
  readonly paused: { readonly replicas: number | undefined } | undefined;
  /** One or more. */
  readonly triggers: readonly ScaleTrigger[];
}

export interface ScaleTrigger {
  /** KEDA's name of the scaler: `rabbitmq`, `azure-queue`, `kafka`, `azure-eventhub`. */
  readonly type: string;
  readonly where: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** Of a TriggerAuthentication, by parameter. */
  readonly authentication: Readonly<Record<string, string>>;
  /** A pod identity is to be used where no connection is given. */
  readonly identity: boolean;
  /** The autoscaler goes by what the last poll found, instead of asking the source itself. */
  readonly useCachedMetrics: boolean;
  readonly metricType: 'AverageValue' | 'Value';
}
