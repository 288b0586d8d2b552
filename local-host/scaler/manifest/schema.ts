/**
 * The fields of a ScaledObject and of what it refers to, as KEDA's CRDs and the autoscaler's own rules have them. Fields that
 * exist are all named here, those that mean nothing on one machine included: any other is a mistake.
 */
import { z } from 'zod';

const INT32 = 2 ** 31 - 1;
const whole = (least: number, most = INT32) => z.int().min(least).max(most);

const policy = z.strictObject({
  type: z.enum(['Pods', 'Percent']),
  value: whole(1),
  periodSeconds: whole(1, 1800),
});

const scalingRules = z.strictObject({
  stabilizationWindowSeconds: whole(0, 3600).optional(),
  selectPolicy: z.enum(['Max', 'Min', 'Disabled']).optional(),
  policies: z.array(policy).min(1).optional(),
  tolerance: z.union([z.number().min(0), z.string()]).optional(),
});

const trigger = z.strictObject({
  type: z.string().min(1),
  name: z.string().optional(),
  metadata: z.record(z.string(), z.string()),
  metricType: z.enum(['AverageValue', 'Value', 'Utilization']).optional(),
  useCachedMetrics: z.boolean().optional(),
  authenticationRef: z
    .strictObject({
      name: z.string(),
      kind: z.enum(['TriggerAuthentication', 'ClusterTriggerAuthentication']).optional(),
    })
    .optional(),
});

const metadata = z.looseObject({
  name: z
    .string()
    .max(63)
    .regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/),
  namespace: z.string().optional(),
  annotations: z.record(z.string(), z.string()).optional(),
});

export const scaledObjectSchema = z.strictObject({
  apiVersion: z.literal('keda.sh/v1alpha1'),
  kind: z.literal('ScaledObject'),
  metadata,
  spec: z.strictObject({
    scaleTargetRef: z.strictObject({
      name: z.string().min(1),
      kind: z.string().optional(),
      apiVersion: z.string().optional(),
      envSourceContainerName: z.string().optional(),
    }),
    pollingInterval: whole(1).optional(),
    cooldownPeriod: whole(0).optional(),
    initialCooldownPeriod: whole(0).optional(),
    idleReplicaCount: whole(0).optional(),
    minReplicaCount: whole(0).optional(),
    maxReplicaCount: whole(1).optional(),
    fallback: z
      .strictObject({
        failureThreshold: whole(0),
        replicas: whole(0),
        behavior: z
          .enum(['static', 'currentReplicas', 'currentReplicasIfHigher', 'currentReplicasIfLower', 'scalingModifiers'])
          .optional(),
      })
      .optional(),
    advanced: z
      .strictObject({
        restoreToOriginalReplicaCount: z.boolean().optional(),
        scalingModifiers: z.looseObject({}).optional(),
        horizontalPodAutoscalerConfig: z
          .strictObject({
            name: z.string().optional(),
            behavior: z
              .strictObject({ scaleUp: scalingRules.optional(), scaleDown: scalingRules.optional() })
              .optional(),
          })
          .optional(),
      })
      .optional(),
    triggers: z.array(trigger).min(1),
  }),
  status: z.unknown().optional(),
});

/** Namespaced or not; only what can be had on one machine is read, the rest is named where it is needed. */
export const authenticationSchema = z.looseObject({
  metadata,
  spec: z.looseObject({
    podIdentity: z.looseObject({ provider: z.string() }).optional(),
    env: z.array(z.looseObject({ parameter: z.string(), name: z.string() })).optional(),
    secretTargetRef: z.array(z.looseObject({ parameter: z.string(), name: z.string(), key: z.string() })).optional(),
  }),
});

export const secretSchema = z.looseObject({
  metadata,
  data: z.record(z.string(), z.string()).optional(),
  stringData: z.record(z.string(), z.string()).optional(),
});

export type ScaledObjectManifest = z.infer<typeof scaledObjectSchema>;
export type ScalingRulesManifest = z.infer<typeof scalingRules>;
export type AuthenticationManifest = z.infer<typeof authenticationSchema>;
export type SecretManifest = z.infer<typeof secretSchema>;
export type TriggerManifest = z.infer<typeof trigger>;

/** Every name of a field, to say which one was meant. */
export const FIELD_NAMES: readonly string[] = fieldNames(scaledObjectSchema);

function fieldNames(schema: unknown): string[] {
  if (schema instanceof z.ZodOptional) return fieldNames(schema.unwrap());
  if (schema instanceof z.ZodArray) return fieldNames(schema.element);
  if (!(schema instanceof z.ZodObject)) return [];
  return Object.entries(schema.shape as Record<string, unknown>).flatMap(([name, field]) => [
    name,
    ...fieldNames(field),
  ]);
}
