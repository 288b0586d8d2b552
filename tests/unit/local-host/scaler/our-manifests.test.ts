/** The manifests in infra/k8s/keda: taken by the local host's scaler, as SPEC B4 and O5 want them, and by KEDA's own CRDs. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { createLog } from '../../../../local-host/log';
import { readManifests } from '../../../../local-host/scaler/manifest/read-manifests';
import { createSources } from '../../../../local-host/scaler/sources/create-sources';
import { projectRoot } from '../../../drivers/app-under-test';

const folder = path.join(projectRoot, 'infra', 'k8s', 'keda');
const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'));
const text = (name: string): string => readFileSync(path.join(folder, name), 'utf8');
const settings = {
  values: {
    AzureWebJobsStorage: 'UseDevelopmentStorage=true',
    RABBITMQ_MANAGEMENT_URL: 'http://guest:guest@localhost:15672',
    KAFKA_BROKERS: 'localhost:9092',
    EVENTHUB_CONNECTION_STRING: 'Endpoint=sb://localhost;SharedAccessKeyName=a;SharedAccessKey=b',
  },
};

test('there is one for each broker', () => {
  expect(files).toEqual([
    'blob-events-queue.yaml',
    'blob-events-rabbitmq.yaml',
    'orders-eventhub.yaml',
    'orders-kafka.yaml',
  ]);
});

test.each(files)('%s is taken without a warning', (name) => {
  const { objects, warnings } = readManifests([{ name, text: text(name) }], settings);
  const made = createSources(objects, { settings, log: createLog(() => undefined) });
  expect([objects.length, warnings, made.warnings]).toEqual([1, [], []]);
  const [object] = objects;
  if (name.startsWith('blob-events'))
    expect(object).toMatchObject({
      ...{ pollingIntervalMs: 30_000, minReplicas: 1, maxReplicas: 10 },
      behaviour: { down: { windowMs: 30_000 } },
      triggers: [{ useCachedMetrics: true }],
    });
  else expect(object).toMatchObject({ minReplicas: 0, maxReplicas: 10 });
  expect(object && object.pollingIntervalMs <= 30_000).toBe(true);
});

test('what is counted, and how much of it one replica is to have', () => {
  const counted = files.flatMap((name) => {
    const { objects } = readManifests([{ name, text: text(name) }], settings);
    return createSources(objects, { settings, log: createLog(() => undefined) }).objects.flatMap(({ sources }) =>
      sources.map(({ what, target }) => `${target}: ${what}`),
    );
  });
  expect(counted).toEqual([
    "1: messages in queue 'blob-events'",
    "1: ready messages in queue 'blob.events'",
    "100: events behind of group '$Default' on event hub 'orders'",
    "100: records behind of group 'orders-worker' on topic 'orders'",
  ]);
});

/** Beside the project, where the schemas of others are kept. */
const crds = path.join(projectRoot, '..', 'shared', 'schemas', 'keda');
const describeCrds = existsSync(crds) ? describe : describe.skip;
if (!existsSync(crds)) console.warn(`Skipped: KEDA's CRDs are not there to hold our manifests to (${crds}).`);

describeCrds('by KEDA’s own CRDs', () => {
  const schemas: Record<string, Schema> = {
    ScaledObject: schemaIn('keda.sh_scaledobjects.yaml'),
    TriggerAuthentication: schemaIn('keda.sh_triggerauthentications.yaml'),
  };

  test.each(files)('%s has no field too many, none too few and none of a wrong type', (name) => {
    for (const document of parseAllDocuments(text(name))) {
      const value = document.toJS() as { kind: string };
      const schema = schemas[value.kind];
      expect([value.kind, schema && deviations(schema, value, value.kind)]).toEqual([value.kind, []]);
    }
  });

  test('and the check finds what is wrong', () => {
    const value: Record<string, unknown> = parse(text('orders-kafka.yaml'));
    const spec = value['spec'] as Record<string, unknown>;
    expect(deviations(schemas['ScaledObject']!, { ...value, spec: { ...spec, pollInterval: 1 } }, 'S')).toEqual([
      'S.spec.pollInterval is not in the schema',
    ]);
    expect(deviations(schemas['ScaledObject']!, { ...value, spec: { ...spec, triggers: undefined } }, 'S')).toEqual([
      'S.spec.triggers is missing',
    ]);
    expect(deviations(schemas['ScaledObject']!, { ...value, spec: { ...spec, maxReplicaCount: '1' } }, 'S')).toEqual([
      'S.spec.maxReplicaCount is no integer',
    ]);
  });

  function schemaIn(file: string): Schema {
    if (!existsSync(crds)) return {};
    const crd = parse(readFileSync(path.join(crds, file), 'utf8')) as {
      spec: { versions: { schema: { openAPIV3Schema: Schema } }[] };
    };
    return crd.spec.versions[0]!.schema.openAPIV3Schema;
  }
});

interface Schema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
}

/** A CRD's structural schema, as the API server applies it with strict field validation. */
function deviations(schema: Schema, value: unknown, at: string): string[] {
  if (schema.enum && !schema.enum.includes(value)) return [`${at} is none of ${schema.enum.join(', ')}`];
  switch (schema.type) {
    case 'object': {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return [`${at} is no object`];
      // An object without properties, such as metadata, is checked by others.
      if (!schema.properties && !schema.additionalProperties) return [];
      const missing = (schema.required ?? []).filter((key) => (value as Record<string, unknown>)[key] === undefined);
      return [
        ...missing.map((key) => `${at}.${key} is missing`),
        ...Object.entries(value).flatMap(([key, field]) => {
          if (field === undefined) return [];
          const of = schema.properties?.[key] ?? schema.additionalProperties;
          return of ? deviations(of, field, `${at}.${key}`) : [`${at}.${key} is not in the schema`];
        }),
      ];
    }
    case 'array':
      if (!Array.isArray(value)) return [`${at} is no list`];
      return value.flatMap((item, index) => deviations(schema.items ?? {}, item, `${at}[${index}]`));
    case 'integer':
      if (!Number.isInteger(value)) return [`${at} is no integer`];
      return (value as number) < (schema.minimum ?? -Infinity) ? [`${at} is less than ${schema.minimum}`] : [];
    case 'string':
    case 'boolean':
      return typeof value === schema.type ? [] : [`${at} is no ${schema.type}`];
    default:
      return [];
  }
}
