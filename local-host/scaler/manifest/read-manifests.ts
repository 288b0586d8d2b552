/** From manifest files to ScaledObjects. Everything that is wrong in any of the files is told at once. */
import type { HostSettings } from '../../settings/host-settings';
import type { ScaledObject, ScaleTrigger } from '../scaled-object';
import { resolveAuthentication, type Authentication } from './authentication';
import { behaviourOf } from './behaviour';
import { checked, fieldPath } from './checked';
import { readDocuments, type ManifestDocument, type ManifestFile } from './documents';
import { ManifestError } from './manifest-error';
import {
  authenticationSchema,
  scaledObjectSchema,
  secretSchema,
  type AuthenticationManifest,
  type ScaledObjectManifest,
  type SecretManifest,
  type TriggerManifest,
} from './schema';

export interface Manifests {
  readonly objects: readonly ScaledObject[];
  /** What is taken, but means nothing here or will not do what was hoped for. */
  readonly warnings: readonly string[];
}

interface Found {
  readonly objects: { readonly manifest: ScaledObjectManifest; readonly document: ManifestDocument }[];
  readonly authentications: Map<string, AuthenticationManifest>;
  readonly secrets: Map<string, SecretManifest>;
}

/** @throws ManifestError with a line for each problem */
export function readManifests(files: readonly ManifestFile[], settings: Pick<HostSettings, 'values'>): Manifests {
  const problems: string[] = [];
  const warnings: string[] = [];
  const found: Found = { objects: [], authentications: new Map(), secrets: new Map() };
  for (const file of files) {
    const { documents, problems: unreadable } = readDocuments(file);
    problems.push(...unreadable);
    const before = found.objects.length;
    const kinds = documents.map((document) => String(document.value['kind']));
    for (const document of documents) problems.push(...sortIn(document, found));
    if (unreadable.length === 0 && found.objects.length === before && !kinds.some((kind) => USED.has(kind)))
      problems.push(`${file.name}: holds no ScaledObject${kinds.length === 0 ? '' : ` (only ${kinds.join(', ')})`}.`);
  }
  const objects = found.objects.flatMap(({ manifest, document }) => {
    const own: string[] = [];
    const object = scaledObject(manifest, document, found, settings, { problems: own, warnings });
    problems.push(...own);
    return own.length === 0 ? [object] : [];
  });
  problems.push(...clashes(found));
  if (problems.length > 0) throw new ManifestError(problems);
  return { objects, warnings };
}

const USED = new Set(['ScaledObject', 'TriggerAuthentication', 'ClusterTriggerAuthentication', 'Secret', 'ScaledJob']);

function sortIn(document: ManifestDocument, found: Found): string[] {
  const kind = document.value['kind'];
  if (kind === 'ScaledObject') {
    const { value, problems } = checked(scaledObjectSchema, document);
    if (value === undefined) return problems;
    found.objects.push({ manifest: value, document });
  } else if (kind === 'TriggerAuthentication' || kind === 'ClusterTriggerAuthentication') {
    const { value, problems } = checked(authenticationSchema, document);
    if (value === undefined) return problems;
    found.authentications.set(`${kind}/${value.metadata.name}`, value);
  } else if (kind === 'Secret') {
    const { value, problems } = checked(secretSchema, document);
    if (value === undefined) return problems;
    found.secrets.set(value.metadata.name, value);
  } else if (kind === 'ScaledJob')
    return [
      `${document.where(['kind'])}: a ScaledJob starts jobs, of which a Functions app has none; use a ScaledObject.`,
    ];
  return [];
}

interface Told {
  readonly problems: string[];
  readonly warnings: string[];
}

function scaledObject(
  manifest: ScaledObjectManifest,
  document: ManifestDocument,
  found: Found,
  settings: Pick<HostSettings, 'values'>,
  told: Told,
): ScaledObject {
  const { metadata, spec } = manifest;
  const refuse = (path: readonly PropertyKey[], text: string): void =>
    void told.problems.push(`${document.where(path)}: ${fieldPath(path)} ${text}`);
  const min = spec.minReplicaCount ?? 0;
  const max = spec.maxReplicaCount ?? 100;
  if (min > max) refuse(['spec', 'minReplicaCount'], `is ${min}, more than maxReplicaCount ${max}.`);
  if (spec.idleReplicaCount !== undefined && spec.idleReplicaCount >= min)
    refuse(['spec', 'idleReplicaCount'], `is ${spec.idleReplicaCount}; it must be less than minReplicaCount ${min}.`);
  if (spec.advanced?.scalingModifiers !== undefined && Object.keys(spec.advanced.scalingModifiers).length > 0)
    refuse(['spec', 'advanced', 'scalingModifiers'], 'is a formula, which is not reckoned here; leave it out.');
  const behavior = spec.fallback?.behavior ?? 'static';
  if (behavior === 'scalingModifiers')
    refuse(['spec', 'fallback', 'behavior'], 'needs scalingModifiers, which are not reckoned here.');
  let behaviour: ScaledObject['behaviour'];
  try {
    behaviour = behaviourOf(manifest);
  } catch (error) {
    refuse(['spec', 'advanced', 'horizontalPodAutoscalerConfig', 'behavior'], (error as Error).message);
  }
  return {
    name: nameOf(manifest),
    target: `${spec.scaleTargetRef.kind ?? 'Deployment'}/${spec.scaleTargetRef.name}`,
    where: document.where(['metadata', 'name']),
    pollingIntervalMs: (spec.pollingInterval ?? 30) * 1000,
    cooldownMs: (spec.cooldownPeriod ?? 300) * 1000,
    initialCooldownMs: (spec.initialCooldownPeriod ?? 0) * 1000,
    idleReplicas: spec.idleReplicaCount,
    minReplicas: min,
    maxReplicas: max,
    fallback:
      spec.fallback === undefined || behavior === 'scalingModifiers' ? undefined : { ...spec.fallback, behavior },
    behaviour,
    paused: pausedBy(metadata.annotations ?? {}, document, told),
    triggers: spec.triggers.map((trigger, index) => scaleTrigger(trigger, index, document, found, settings, refuse)),
  };
}

function scaleTrigger(
  trigger: TriggerManifest,
  index: number,
  document: ManifestDocument,
  found: Found,
  settings: Pick<HostSettings, 'values'>,
  refuse: (path: readonly PropertyKey[], text: string) => void,
): ScaleTrigger {
  const path = ['spec', 'triggers', index] as const;
  let authentication: Authentication = { parameters: {}, identity: false };
  const reference = trigger.authenticationRef;
  if (reference) {
    const key = `${reference.kind ?? 'TriggerAuthentication'}/${reference.name}`;
    const manifest = found.authentications.get(key);
    try {
      if (manifest === undefined) throw new Error(`names ${key}, which is in none of the given files; add its file.`);
      authentication = resolveAuthentication(manifest, found.secrets, settings);
    } catch (error) {
      refuse([...path, 'authenticationRef'], (error as Error).message);
    }
  }
  const { metricType = 'AverageValue' } = trigger;
  if (metricType === 'Utilization')
    refuse([...path, 'metricType'], 'is for CPU and memory; use AverageValue or Value.');
  return {
    type: trigger.type,
    where: `${document.where([...path, 'type'])}: ${fieldPath(path)}`,
    metadata: trigger.metadata,
    authentication: authentication.parameters,
    identity: authentication.identity,
    useCachedMetrics: trigger.useCachedMetrics ?? false,
    metricType: metricType === 'Value' ? 'Value' : 'AverageValue',
  };
}

const PAUSED = 'autoscaling.keda.sh/paused';
const PAUSED_REPLICAS = 'autoscaling.keda.sh/paused-replicas';

/** As KEDA reads them: any text but one that means no counts as yes. */
function pausedBy(
  annotations: Readonly<Record<string, string>>,
  document: ManifestDocument,
  { problems, warnings }: Told,
): ScaledObject['paused'] {
  const where = (key: string): string => document.where(['metadata', 'annotations', key]);
  for (const key of Object.keys(annotations))
    if (/^(autoscaling|scaledobject)\.keda\.sh\//.test(key) && key !== PAUSED && key !== PAUSED_REPLICAS)
      warnings.push(`${where(key)}: the annotation ${key} means nothing here.`);
  const replicas = annotations[PAUSED_REPLICAS];
  if (replicas !== undefined) {
    if (!/^\d{1,9}$/.test(replicas))
      problems.push(`${where(PAUSED_REPLICAS)}: ${PAUSED_REPLICAS} is '${replicas}'; it must be a whole number.`);
    return { replicas: Number(replicas) };
  }
  const paused = annotations[PAUSED];
  if (paused === undefined || /^(0|f|F|false|FALSE|False)$/.test(paused)) return undefined;
  return { replicas: undefined };
}

function nameOf({ metadata: { namespace, name } }: ScaledObjectManifest): string {
  return namespace === undefined || namespace === 'default' ? name : `${namespace}/${name}`;
}

/** A name stands for one object, and a workload is scaled by one. KEDA's admission refuses the second. */
function clashes({ objects }: Found): string[] {
  const names = new Map<string, string>();
  const targets = new Map<string, string>();
  const problems: string[] = [];
  for (const { manifest, document } of objects) {
    const name = nameOf(manifest);
    const { kind = 'Deployment', name: workload } = manifest.spec.scaleTargetRef;
    const target = `${manifest.metadata.namespace ?? 'default'}/${kind}/${workload}`;
    const where = document.where(['metadata', 'name']);
    const sameName = names.get(name);
    const sameTarget = targets.get(target);
    if (sameName !== undefined)
      problems.push(`${where}: there is a ScaledObject '${name}' already, at ${sameName}. Give it another name.`);
    else if (sameTarget !== undefined)
      problems.push(
        `${where}: ${kind} '${workload}' is scaled by the ScaledObject at ${sameTarget} already. Put both triggers into one.`,
      );
    names.set(name, sameName ?? where);
    targets.set(target, sameTarget ?? where);
  }
  return problems;
}
