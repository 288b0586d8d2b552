/** The Helm chart, rendered with several sets of values: valid, safe, and with what each source of work wants. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import Ajv from 'ajv';
import { chartSchema, SCALER_SETTINGS } from '../../../scripts/local/chart-schema';
import { settingNames } from '../../../src/config/settings';
import { projectRoot } from '../../drivers/app-under-test';
import { describeWith } from '../../drivers/debian-package';
import { HELM_RENDER_NEEDS, openChart, type HelmChart, type Manifest } from '../../../scripts/local/helm-chart';
import { MANIFESTS, plainManifests } from '../../../scripts/local/plain-manifests';
import { problemsOf } from '../../drivers/kubernetes-schema';

interface PodSpec {
  readonly serviceAccountName: string;
  readonly automountServiceAccountToken: boolean;
  readonly terminationGracePeriodSeconds: number;
  readonly hostNetwork?: boolean;
  readonly containers: readonly {
    readonly env: readonly { readonly name: string; readonly value?: string; readonly valueFrom?: unknown }[];
    readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
    readonly securityContext: unknown;
    readonly [probe: string]: unknown;
  }[];
  readonly volumes: readonly { readonly name: string; readonly [kind: string]: unknown }[];
  readonly securityContext: unknown;
}
interface DeploymentSpec {
  readonly replicas?: number;
  readonly strategy?: unknown;
  readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
  readonly template: {
    readonly metadata: { readonly labels: Readonly<Record<string, string>> };
    readonly spec: PodSpec;
  };
}
interface ScaledSpec {
  readonly scaleTargetRef: { readonly name: string };
  readonly minReplicaCount: number;
  readonly maxReplicaCount: number;
  readonly triggers: readonly {
    readonly type: string;
    readonly metadata: Readonly<Record<string, string>>;
    readonly authenticationRef?: { readonly name: string };
  }[];
}

interface ServiceSpec {
  readonly selector: Readonly<Record<string, string>>;
  readonly ports: unknown;
}

const contains = (labels: Readonly<Record<string, string>>, wanted: Readonly<Record<string, string>>): boolean =>
  Object.entries(wanted).every(([name, value]) => labels[name] === value);

const image = { repository: 'registry.example/sluice', tag: '1.2.3' };
const byIdentity = {
  image,
  identity: { clientId: '11111111-2222-3333-4444-555555555555' },
  storage: { accountName: 'sluicestorage' },
};
const bySecret = { image, storage: { connectionSecret: { name: 'storage' } } };
const rabbit = {
  RABBITMQ_URL: { secret: 'rabbitmq', key: 'url' },
  RABBITMQ_MANAGEMENT_URL: { secret: 'rabbitmq', key: 'management' },
};
const hub = { EVENTHUB_NAMESPACE: 'sluice-events', EVENTHUB_NAME: 'orders' };
const search = {
  COSMOS_ENDPOINT: 'https://x.documents.azure.com',
  AZURE_OPENAI_ENDPOINT: 'https://x.openai.azure.com',
};
const share = { enabled: true, nfs: { server: '10.0.0.4', path: '/export/in' } };

const SETS: Readonly<Record<string, Record<string, unknown>>> = {
  'media by identity': byIdentity,
  'media by a connection string': bySecret,
  'ingestion, beside media': {
    ...byIdentity,
    ingestion: { enabled: true, replicas: 2, settings: search },
  },
  'everything on queues': { ...byIdentity, blobEvents: { enabled: true }, orders: { enabled: true }, share },
  'RabbitMQ and Kafka': {
    ...byIdentity,
    secrets: { ...rabbit, KAFKA_PASSWORD: { secret: 'kafka', key: 'password' } },
    settings: { KAFKA_BROKERS: 'kafka:9092', KAFKA_USERNAME: 'sluice' },
    blobEvents: { enabled: true, broker: 'rabbitmq' },
    orders: { enabled: true, backend: 'kafka' },
  },
  'Kafka without sign-in, storage by a secret': {
    ...bySecret,
    settings: { KAFKA_BROKERS: 'kafka:9092' },
    orders: { enabled: true, backend: 'kafka', partitions: 3 },
  },
  'an event hub by identity': { ...byIdentity, settings: hub, orders: { enabled: true, backend: 'eventhub' } },
  'an event hub by a secret': {
    ...bySecret,
    secrets: { EVENTHUB_CONNECTION_STRING: { secret: 'events', key: 'connection' } },
    settings: hub,
    orders: { enabled: true, backend: 'eventhub' },
  },
  'queues by a secret': { ...bySecret, orders: { enabled: true } },
  'all in one': { ...bySecret, layout: 'all-in-one', blobEvents: { enabled: true }, orders: { enabled: true } },
  'a share of somebody else, with every extra': {
    ...byIdentity,
    share: {
      enabled: true,
      existingClaim: 'files',
      settings: { APP_AZURE_CONTAINER: 'ingest', APP_AZURE_ACCOUNT_URL: 'https://x.blob.core.windows.net' },
    },
    media: { enabled: false },
    imagePullSecrets: ['registry'],
    podAnnotations: { a: 'b' },
    nodeSelector: { pool: 'work' },
    tolerations: [{ key: 'work', operator: 'Exists', effect: 'NoSchedule' }],
    service: {
      type: 'LoadBalancer',
      annotations: { 'service.beta.kubernetes.io/azure-load-balancer-internal': 'true' },
    },
  },
};

describeWith(HELM_RENDER_NEEDS.packages, HELM_RENDER_NEEDS.files)('the Helm chart', () => {
  let chart: HelmChart;
  beforeAll(() => {
    chart = openChart();
  }, 120_000);
  afterAll(() => chart.remove());

  const render = (
    values: Record<string, unknown>,
    release?: { name: string; namespace: string },
  ): readonly Manifest[] => {
    const rendered = chart.render(values, release);
    if (rendered.kind === 'refused') throw new Error(rendered.reason);
    return rendered.documents;
  };
  const of = <T>(documents: readonly Manifest[], kind: string): ReadonlyMap<string, T> =>
    new Map(documents.filter((d) => d.kind === kind).map((d) => [d.metadata.name, d.spec as T]));
  const environmentOf = (spec: DeploymentSpec | undefined): Record<string, unknown> =>
    Object.fromEntries(
      spec!.template.spec.containers[0]!.env.map(({ name, value, valueFrom }) => [name, value ?? valueFrom]),
    );

  test('is what a cluster takes, with every set of values', () => {
    const named = Object.entries(SETS).flatMap(([set, values]) =>
      render(values).map((document) => ({
        ...document,
        metadata: { ...document.metadata, name: `${set}: ${document.metadata.name}` },
      })),
    );
    expect(named.length).toBeGreaterThan(50);
    expect(problemsOf(named)).toEqual([]);
  }, 60_000);

  test('would be refused with a field that Kubernetes or KEDA do not know', () => {
    const documents = render(SETS['everything on queues']!);
    const broken = structuredClone(documents) as unknown as { kind: string; spec: Record<string, unknown> }[];
    broken.find(({ kind }) => kind === 'ScaledObject')!.spec['minReplicas'] = 1;
    const deployment = broken.find(({ kind }) => kind === 'Deployment')!.spec as unknown as DeploymentSpec;
    (deployment.template.spec.containers[0] as Record<string, unknown>)['enviroment'] = [];
    const problems = problemsOf(broken as never);
    expect(problems).toHaveLength(2);
    expect(problems.join('\n')).toMatch(/enviroment/);
    expect(problems.join('\n')).toMatch(/minReplicas/);
  }, 60_000);

  test.each(Object.entries(SETS))('with %s is safe, whole, and names nothing that is not there', (_, values) => {
    const documents = render(values);
    const deployments = of<DeploymentSpec>(documents, 'Deployment');
    const names = (kind: string): string[] => [...of(documents, kind).keys()];
    expect(new Set(documents.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).size).toBe(documents.length);
    for (const [name, { selector, template }] of deployments) {
      const [container, ...others] = template.spec.containers;
      expect(others).toEqual([]);
      expect(template.metadata.labels).toMatchObject(selector.matchLabels);
      expect(names('ServiceAccount')).toContain(template.spec.serviceAccountName);
      expect(template.spec.securityContext).toMatchObject({
        runAsNonRoot: true,
        seccompProfile: { type: 'RuntimeDefault' },
      });
      expect(container!.securityContext).toEqual({ allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } });
      // Neither the node's network nor its files, and no way into the cluster's own API.
      expect([template.spec.automountServiceAccountToken, template.spec.hostNetwork]).toEqual([false, undefined]);
      for (const { name: _name, ...kind } of template.spec.volumes)
        expect(['emptyDir', 'persistentVolumeClaim']).toContain(Object.keys(kind).join());
      expect(template.spec.terminationGracePeriodSeconds).toBe(120);
      expect(container).toMatchObject({
        image: 'registry.example/sluice:1.2.3',
        ports: [{ name: 'http', containerPort: 8080 }],
        // Five minutes to start in, which a start that checks its services may take; then a process that answers to nobody for
        // two minutes is started again, while one that merely waits for a service is only left alone.
        startupProbe: { httpGet: { path: '/healthz', port: 'http' }, periodSeconds: 5, failureThreshold: 60 },
        livenessProbe: { httpGet: { path: '/healthz', port: 'http' }, periodSeconds: 20, failureThreshold: 6 },
        readinessProbe: { httpGet: { path: '/readyz', port: 'http' } },
        resources: {
          requests: { cpu: expect.any(String), memory: expect.any(String) },
          limits: { memory: expect.any(String) },
        },
      });
      const volumes = template.spec.volumes.map((volume) => volume.name);
      expect(container!.volumeMounts.map((mount) => mount.name)).toEqual(volumes);
      // A node can always be drained, one pod of each deployment at a time; a lone pod is never what holds it up.
      expect(of<unknown>(documents, 'PodDisruptionBudget').get(name)).toEqual({
        maxUnavailable: 1,
        selector: { matchLabels: selector.matchLabels },
      });
      // Given twice, the last would win without a word.
      const set = container!.env.map((entry) => entry.name);
      expect(new Set(set).size).toBe(set.length);
      const ours = set.filter((key) => !/^AzureFunctions(JobHost|WebHost)__/.test(key));
      const known: readonly string[] = [...settingNames, ...SCALER_SETTINGS];
      expect(ours.filter((key) => !known.includes(key))).toEqual([]);
    }
    for (const { selector, ports } of of<ServiceSpec>(documents, 'Service').values()) {
      expect(ports).toEqual([{ name: 'http', port: 80, targetPort: 'http' }]);
      expect([...deployments.values()].filter((d) => contains(d.template.metadata.labels, selector))).toHaveLength(1);
    }
    const { identity, secrets: given = {} } = values as { identity?: object; secrets?: Record<string, unknown> };
    const marked = [...deployments.values()].map((d) => d.template.metadata.labels['azure.workload.identity/use']);
    expect(new Set(marked)).toEqual(new Set([identity && 'true']));
    const [account] = documents.filter(({ kind }) => kind === 'ServiceAccount');
    expect(account?.metadata.annotations).toEqual(
      identity && { 'azure.workload.identity/client-id': byIdentity.identity.clientId },
    );
    // What is secret is read from where it lies, in each deployment.
    const secret = { ...given, ...(identity ? {} : { AzureWebJobsStorage: {} }) };
    for (const spec of deployments.values())
      for (const name of Object.keys(secret))
        expect([name, environmentOf(spec)[name]]).toEqual([name, { secretKeyRef: expect.anything() }]);
    // Never two counts of one deployment's pods.
    for (const { scaleTargetRef } of of<ScaledSpec>(documents, 'ScaledObject').values())
      expect(deployments.get(scaleTargetRef.name)?.replicas).toBeUndefined();
    for (const { triggers } of of<ScaledSpec>(documents, 'ScaledObject').values())
      for (const { authenticationRef } of triggers)
        if (authenticationRef) expect(names('TriggerAuthentication')).toContain(authenticationRef.name);
    const inTheClear = JSON.stringify(documents).match(/AccountKey=|password=/gi);
    expect(inTheClear).toBeNull();
  });

  test('gives each deployment a task hub and a host id of its own, in every release and namespace', () => {
    const ids: unknown[] = [];
    for (const release of [
      { name: 'sluice', namespace: 'work' },
      { name: 'sluice', namespace: 'other' },
      { name: 'a-release-with-a-name-that-is-as-long-as-helm-takes53', namespace: 'work' },
    ])
      for (const [name, spec] of of<DeploymentSpec>(render(SETS['everything on queues']!, release), 'Deployment')) {
        const { AzureFunctionsJobHost__extensions__durableTask__hubName: hub, AzureFunctionsWebHost__hostid: host } =
          environmentOf(spec) as Record<string, string>;
        expect(hub).toMatch(/^[A-Za-z][A-Za-z0-9]{2,44}$/);
        expect(host).toMatch(/^[a-z0-9](-?[a-z0-9])*$/);
        expect(host!.length).toBeLessThanOrEqual(32);
        expect(name.length).toBeLessThanOrEqual(63);
        ids.push(hub, host);
      }
    expect(new Set(ids).size).toBe(24);
  });

  test('looks after a share with one pod that has it mounted, and staging beside it', () => {
    const documents = render(SETS['everything on queues']!);
    const spec = of<DeploymentSpec>(documents, 'Deployment').get('sluice-share')!;
    expect([spec.replicas, spec.strategy]).toEqual([1, { type: 'Recreate' }]);
    expect(spec.template.spec.containers[0]!.volumeMounts).toContainEqual({ name: 'share', mountPath: '/mnt/nfs' });
    expect(spec.template.spec.volumes).toContainEqual({ name: 'staging', emptyDir: { sizeLimit: '50Gi' } });
    expect(of(documents, 'PersistentVolume').get('work-sluice-share')).toMatchObject({
      mountOptions: ['nfsvers=4.1', 'hard', 'noatime', 'nconnect=4'],
      nfs: { server: '10.0.0.4', path: '/export/in' },
    });
    expect(of(documents, 'PersistentVolumeClaim').get('sluice-share')).toMatchObject({
      volumeName: 'work-sluice-share',
    });
    expect(of(render(SETS['a share of somebody else, with every extra']!), 'PersistentVolumeClaim').size).toBe(0);
    expect(environmentOf(spec)).toMatchObject({ PIPELINES: 'nfs' });
  });

  test('lets only what has the backend’s triggers alone go down to none', () => {
    for (const values of Object.values(SETS)) {
      const documents = render(values);
      for (const { scaleTargetRef, minReplicaCount } of of<ScaledSpec>(documents, 'ScaledObject').values()) {
        const set = environmentOf(of<DeploymentSpec>(documents, 'Deployment').get(scaleTargetRef.name));
        expect(minReplicaCount).toBe(set['ORDERS_TRIGGERS'] === 'backend' ? 0 : 1);
      }
    }
    const documents = render(SETS['RabbitMQ and Kafka']!);
    const orders = of<DeploymentSpec>(documents, 'Deployment').get('sluice-orders')!;
    expect([orders.replicas, environmentOf(orders)['ORDERS_TRIGGERS']]).toEqual([1, 'others']);
    const capped = of<ScaledSpec>(render(SETS['Kafka without sign-in, storage by a secret']!), 'ScaledObject');
    expect(capped.get('sluice-orders-worker')?.maxReplicaCount).toBe(3);
  });

  test('asks each backend for what waits there, and as whom it may', () => {
    const byItself = { podIdentity: { provider: 'azure-workload', identityId: byIdentity.identity.clientId } };
    const asked = (set: string): unknown =>
      [...of<ScaledSpec>(render(SETS[set]!), 'ScaledObject')].map(([name, { triggers }]) => {
        const authentications = of<unknown>(render(SETS[set]!), 'TriggerAuthentication');
        return triggers.map(({ type, metadata, authenticationRef }) => {
          // Of its own, so that no two deployments share what one of them is given.
          if (authenticationRef) expect(authenticationRef).toEqual({ name });
          return [type, metadata, authenticationRef && authentications.get(authenticationRef.name)];
        });
      });
    const account = { accountName: 'sluicestorage' };
    expect(asked('everything on queues')).toEqual([
      [['azure-queue', { queueName: 'blob-events', queueLength: '1', ...account }, byItself]],
      [['azure-queue', { queueName: 'orders', queueLength: '100', ...account }, byItself]],
    ]);
    const rabbit = { protocol: 'http', hostFromEnv: 'RABBITMQ_MANAGEMENT_URL', queueName: 'blob.events' };
    const lag = { lagThreshold: '100', activationLagThreshold: '0', offsetResetPolicy: 'earliest' };
    const topic = { bootstrapServersFromEnv: 'KAFKA_BROKERS', topic: 'orders', consumerGroup: 'orders-worker' };
    const signIn = ['username', 'password'].map((parameter) => ({
      ...{ parameter, name: `KAFKA_${parameter.toUpperCase()}`, containerName: 'sluice' },
    }));
    expect(asked('RabbitMQ and Kafka')).toEqual([
      [['rabbitmq', { ...rabbit, mode: 'QueueLength', value: '1', excludeUnacknowledged: 'true' }, undefined]],
      [['kafka', { ...topic, ...lag, sasl: 'plaintext', tls: 'enable' }, { env: signIn }]],
    ]);
    expect(asked('Kafka without sign-in, storage by a secret')).toEqual([[['kafka', { ...topic, ...lag }, undefined]]]);
    const checkpoints = { blobContainer: 'azure-webjobs-eventhub', checkpointStrategy: 'blobMetadata' };
    const events = { unprocessedEventThreshold: '100', activationUnprocessedEventThreshold: '0' };
    const where = { eventHubNamespace: 'sluice-events', eventHubName: 'orders', consumerGroup: '$Default' };
    expect(asked('an event hub by identity')).toEqual([
      [['azure-eventhub', { ...where, storageAccountName: 'sluicestorage', ...checkpoints, ...events }, byItself]],
    ]);
    const connections = {
      connectionFromEnv: 'EVENTHUB_CONNECTION_STRING',
      storageConnectionFromEnv: 'AzureWebJobsStorage',
    };
    const { eventHubNamespace: _namespace, ...unnamed } = where;
    expect(asked('an event hub by a secret')).toEqual([
      [['azure-eventhub', { ...connections, ...unnamed, ...checkpoints, ...events }, undefined]],
    ]);
    expect(asked('queues by a secret')).toEqual([
      [
        [
          'azure-queue',
          { queueName: 'orders', queueLength: '100', connectionFromEnv: 'AzureWebJobsStorage' },
          undefined,
        ],
      ],
    ]);
  });

  test.each([
    ['blob-events-queue.yaml', 'everything on queues', 'sluice-blob-events'],
    ['blob-events-rabbitmq.yaml', 'RabbitMQ and Kafka', 'sluice-blob-events'],
    ['orders-kafka.yaml', 'Kafka without sign-in, storage by a secret', 'sluice-orders-worker'],
    ['orders-eventhub.yaml', 'an event hub by identity', 'sluice-orders-worker'],
  ])('scales as %s, which the local scaler takes', (file, set, name) => {
    const manifests = parseAllDocuments(readFileSync(path.join(projectRoot, 'infra', 'k8s', 'keda', file), 'utf8'));
    const { spec: wanted } = manifests[0]!.toJS() as { spec: Record<string, unknown> };
    const made = of<Record<string, unknown>>(render(SETS[set]!), 'ScaledObject').get(name)!;
    // Names, the number of partitions, and the connections of a single machine are all that differs.
    const shape = (spec: Record<string, unknown>): unknown => {
      const { scaleTargetRef: _target, maxReplicaCount: _most, triggers, ...rest } = spec;
      const asked = (triggers as { metadata: Record<string, string> }[]).map(({ metadata, ...trigger }) => ({
        ...{ ...trigger, authenticationRef: undefined },
        metadata: Object.fromEntries(
          Object.entries(metadata).filter(([key]) => !/ConnectionFromEnv$|^connectionFromEnv$/.test(key)),
        ),
      }));
      return { ...rest, triggers: asked };
    };
    expect(shape(made)).toEqual(shape(wanted));
  });

  test.each<[string, Record<string, unknown>, RegExp]>([
    ['no image', { ...byIdentity, image: { repository: '' } }, /image\.repository is empty.*--set image\.repository=/],
    ['no storage account', { image }, /no storage account.*storage\.accountName/],
    [
      'both ways to an account',
      { ...byIdentity, storage: { accountName: 'a', connectionSecret: { name: 'b' } } },
      /not by both/,
    ],
    ['an account without an identity', { image, storage: { accountName: 'a' } }, /identity\.clientId/],
    ['no pipeline', { ...byIdentity, media: { enabled: false } }, /no pipeline is enabled/],
    ['a layout that is none', { ...byIdentity, layout: 'one' }, /accepted: per-pipeline, all-in-one/],
    [
      'RabbitMQ without its addresses',
      { ...byIdentity, blobEvents: { enabled: true, broker: 'rabbitmq' } },
      /secrets\.RABBITMQ_URL/,
    ],
    [
      'Kafka without brokers',
      { ...byIdentity, orders: { enabled: true, backend: 'kafka' } },
      /settings\.KAFKA_BROKERS/,
    ],
    [
      'an event hub without a name',
      { ...byIdentity, settings: { EVENTHUB_NAMESPACE: 'a' }, orders: { enabled: true, backend: 'eventhub' } },
      /settings\.EVENTHUB_NAME/,
    ],
    ['ingestion without a store', { ...byIdentity, ingestion: { enabled: true } }, /settings\.COSMOS_ENDPOINT/],
    ['a share without a place', { ...byIdentity, share: { enabled: true } }, /share\.nfs\.server/],
    ['a share in one with all', { ...byIdentity, layout: 'all-in-one', share }, /layout per-pipeline/],
    ['half a secret', { ...byIdentity, secrets: { KAFKA_PASSWORD: { secret: 'x' } } }, /secrets\.KAFKA_PASSWORD wants/],
  ])('refuses %s, and says what to set', (_, values, reason) => {
    expect(chart.render(values)).toEqual({ kind: 'refused', reason: expect.stringMatching(reason) });
  });

  test('has a schema that takes these values, and none with a misspelt name', () => {
    const valid = new Ajv({ allowUnionTypes: true }).compile(JSON.parse(chartSchema()) as object);
    for (const [name, values] of Object.entries(SETS))
      expect([name, valid(values), valid.errors]).toEqual([name, true, null]);
    for (const values of [
      { blobEvent: { enabled: true } },
      { media: { replica: 2 } },
      { media: { replicas: 'two' } },
      { settings: { UPLOAD_MAX_MBB: '1' } },
      { orders: { settings: { KAFKA_BROKER: 'a:1' } } },
      { secrets: { KAFKA_PASSWORD: 'in the clear' } },
      { orders: { backend: 'rabbitmq' } },
    ])
      expect([values, valid(values)]).toEqual([values, false]);
  });

  test('is what the plain manifests are made of', () => {
    const folder = path.join(projectRoot, MANIFESTS);
    const there = new Map(readdirSync(folder).map((file) => [file, readFileSync(path.join(folder, file), 'utf8')]));
    expect(Object.fromEntries(there)).toEqual(Object.fromEntries(plainManifests(chart)));
  });

  test('has the version of the app', () => {
    const { appVersion } = parse(
      readFileSync(path.join(projectRoot, 'infra/helm/sluice/Chart.yaml'), 'utf8'),
    ) as Record<string, string>;
    const { version } = JSON.parse(readFileSync(path.join(projectRoot, 'package.json'), 'utf8')) as { version: string };
    expect(appVersion).toBe(version);
  });
});
