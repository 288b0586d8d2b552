import { ManifestError } from '../../../../local-host/scaler/manifest/manifest-error';
import { readManifests, type Manifests } from '../../../../local-host/scaler/manifest/read-manifests';
import { createSources } from '../../../../local-host/scaler/sources/create-sources';
import { createLog } from '../../../../local-host/log';

const settings = {
  values: {
    AzureWebJobsStorage: 'UseDevelopmentStorage=true',
    RABBITMQ_MANAGEMENT_URL: 'http://guest:guest@localhost:15672',
    RABBITMQ_URL: 'amqp://guest:guest@localhost',
    HUB: 'Endpoint=sb://localhost;SharedAccessKeyName=a;SharedAccessKey=b;EntityPath=orders',
  },
};
const log = createLog(() => undefined);

const head = (name: string, target = name): string =>
  `apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata:\n  name: ${name}\nspec:\n  scaleTargetRef:\n    name: ${target}\n`;
const QUEUE = `  triggers:
    - type: azure-queue
      metadata:
        queueName: q
        connectionFromEnv: AzureWebJobsStorage
`;
const read = (...texts: string[]): Manifests =>
  readManifests(
    texts.map((text, index) => ({ name: `m${index + 1}.yaml`, text })),
    settings,
  );
const sources = (...texts: string[]) => createSources(read(...texts).objects, { settings, log });
function problems(run: () => unknown): readonly string[] {
  try {
    run();
  } catch (error) {
    if (error instanceof ManifestError) return error.problems;
    throw error;
  }
  throw new Error('It was taken.');
}
const trigger = (type: string, metadata: string, more = ''): string =>
  `${head('a')}  triggers:\n    - type: ${type}\n${more}      metadata: ${metadata}\n`;

describe('a manifest that says little', () => {
  test('has the defaults of KEDA', () => {
    const [object] = read(head('a') + QUEUE).objects;
    expect(object).toMatchObject({
      ...{ name: 'a', target: 'Deployment/a', where: 'm1.yaml:4', pollingIntervalMs: 30_000, cooldownMs: 300_000 },
      ...{ minReplicas: 0, maxReplicas: 100, idleReplicas: undefined, behaviour: undefined, fallback: undefined },
    });
    expect(object?.triggers[0]).toMatchObject({ metricType: 'AverageValue', useCachedMetrics: false });
    expect(sources(head('a') + QUEUE).objects[0]?.sources[0]).toMatchObject({
      what: "messages in queue 'q'",
      target: 5,
    });
  });

  test('has Kubernetes’ own rules beside those that it gives', () => {
    const advanced =
      '  advanced:\n    horizontalPodAutoscalerConfig:\n      behavior:\n        scaleDown:\n          stabilizationWindowSeconds: 30\n          tolerance: 50m\n';
    expect(read(head('a') + advanced + QUEUE).objects[0]?.behaviour).toEqual({
      up: {
        ...{ windowMs: 0, select: 'Max', tolerance: 0.1 },
        policies: [
          { type: 'Pods', value: 4, periodMs: 15_000 },
          { type: 'Percent', value: 100, periodMs: 15_000 },
        ],
      },
      down: {
        ...{ windowMs: 30_000, select: 'Max', tolerance: 0.05 },
        policies: [{ type: 'Percent', value: 100, periodMs: 15_000 }],
      },
    });
  });
});

test('several documents and files make several objects; other kinds are passed over', () => {
  const text = `# ours\n---\n${head('a')}${QUEUE}---\napiVersion: v1\nkind: Service\nmetadata: {name: s}\n---\n---\n${head('b')}${QUEUE}`;
  const { objects } = read(text, head('c').replace('name: c', 'name: c\n  namespace: other') + QUEUE);
  expect(objects.map(({ name, where }) => `${name} ${where}`)).toEqual([
    'a m1.yaml:6',
    'b m1.yaml:24',
    'other/c m2.yaml:4',
  ]);
});

describe('authentication', () => {
  const rabbit = trigger(
    'rabbitmq',
    '{ queueName: q, mode: QueueLength, value: "1" }',
    '      authenticationRef:\n        name: login\n',
  );
  const login = (spec: string): string =>
    `apiVersion: keda.sh/v1alpha1\nkind: TriggerAuthentication\nmetadata:\n  name: login\nspec: ${spec}\n`;

  test('takes parameters from settings by env, and from secrets in the files', () => {
    expect(
      read(rabbit, login('{ env: [{ parameter: host, name: RABBITMQ_MANAGEMENT_URL }] }')).objects[0]?.triggers[0],
    ).toMatchObject({ authentication: { host: 'http://guest:guest@localhost:15672' }, identity: false });
    const secret = 'apiVersion: v1\nkind: Secret\nmetadata:\n  name: s\nstringData:\n  url: amqp://x\n';
    expect(
      read(rabbit, login('{ secretTargetRef: [{ parameter: host, name: s, key: url }] }'), secret).objects[0]
        ?.triggers[0]?.authentication,
    ).toEqual({ host: 'amqp://x' });
  });

  test('that is missing, or cannot be had on one machine, is named with what to do', () => {
    expect(problems(() => read(rabbit))).toEqual([
      'm1.yaml:10: spec.triggers[0].authenticationRef names TriggerAuthentication/login, which is in none of the given files; add its file.',
    ]);
    expect(problems(() => read(rabbit, login('{ hashiCorpVault: {} }')))).toEqual([
      "m1.yaml:10: spec.triggers[0].authenticationRef authentication 'login' uses hashiCorpVault, which cannot be had here; give the value by 'env' and set it.",
    ]);
    expect(
      problems(() => read(rabbit, login('{ secretTargetRef: [{ parameter: host, name: s, key: url }] }')))[0],
    ).toMatch(/takes 'host' from key 'url' of Secret 's', which is in none of the given files/);
  });
});

describe('a manifest that is wrong is refused with the line, the field and what it must be', () => {
  test.each<[what: string, text: string, problem: string | RegExp]>([
    ['no YAML', 'a: [', /^m1\.yaml:1: this is no YAML: /],
    ['a key given twice', 'kind: A\nkind: B', /^m1\.yaml:2: this is no YAML: Map keys must be unique/],
    ['a list', '- 1', 'm1.yaml:1: a document must be a Kubernetes object with apiVersion and kind.'],
    ['nothing', '# nothing\n', 'm1.yaml: holds no ScaledObject.'],
    ['another kind', 'kind: Pod\n', 'm1.yaml: holds no ScaledObject (only Pod).'],
    ['a job', 'kind: ScaledJob\n', /^m1\.yaml:1: a ScaledJob starts jobs/],
    [
      'no target',
      head('a').replace('  scaleTargetRef:\n    name: a\n', '') + QUEUE,
      'm1.yaml:5: spec.scaleTargetRef is missing.',
    ],
    [
      'a target without name',
      head('a').replace('    name: a\n', '    kind: Deployment\n') + QUEUE,
      'm1.yaml:6: spec.scaleTargetRef.name is missing.',
    ],
    ['no triggers', head('a'), 'm1.yaml:5: spec.triggers is missing.'],
    [
      'an empty list of triggers',
      `${head('a')}  triggers: []\n`,
      'm1.yaml:8: spec.triggers is []; it must be not empty.',
    ],
    [
      'a wrong version',
      head('a').replace('v1alpha1', 'v2') + QUEUE,
      'm1.yaml:1: apiVersion is "keda.sh/v2"; it must be keda.sh/v1alpha1.',
    ],
    [
      'a misspelt field',
      `${head('a')}  pollInterval: 30\n${QUEUE}`,
      "m1.yaml:8: spec.pollInterval is no field that KEDA knows. Did you mean 'pollingInterval'?",
    ],
    [
      'text for a number',
      `${head('a')}  maxReplicaCount: "10"\n${QUEUE}`,
      'm1.yaml:8: spec.maxReplicaCount is "10"; it must be a whole number.',
    ],
    [
      'a fraction',
      `${head('a')}  maxReplicaCount: 1.5\n${QUEUE}`,
      'm1.yaml:8: spec.maxReplicaCount is 1.5; it must be a whole number.',
    ],
    [
      'a huge number',
      `${head('a')}  maxReplicaCount: 1e300\n${QUEUE}`,
      /^m1\.yaml:8: spec\.maxReplicaCount is 1e\+300; it must be /,
    ],
    [
      'more than 32 bits',
      `${head('a')}  cooldownPeriod: 2147483648\n${QUEUE}`,
      'm1.yaml:8: spec.cooldownPeriod is 2147483648; it must be at most 2147483647.',
    ],
    [
      'a negative number',
      `${head('a')}  minReplicaCount: -1\n${QUEUE}`,
      'm1.yaml:8: spec.minReplicaCount is -1; it must be 0 or more.',
    ],
    [
      'no interval',
      `${head('a')}  pollingInterval: 0\n${QUEUE}`,
      'm1.yaml:8: spec.pollingInterval is 0; it must be 1 or more.',
    ],
    [
      'more at least than at most',
      `${head('a')}  minReplicaCount: 101\n${QUEUE}`,
      'm1.yaml:8: spec.minReplicaCount is 101, more than maxReplicaCount 100.',
    ],
    [
      'idle above least',
      `${head('a')}  idleReplicaCount: 1\n  minReplicaCount: 1\n${QUEUE}`,
      'm1.yaml:8: spec.idleReplicaCount is 1; it must be less than minReplicaCount 1.',
    ],
    [
      'a formula',
      `${head('a')}  advanced: { scalingModifiers: { formula: a } }\n${QUEUE}`,
      'm1.yaml:8: spec.advanced.scalingModifiers is a formula, which is not reckoned here; leave it out.',
    ],
    [
      'a number in metadata',
      trigger('azure-queue', '{ queueName: q, queueLength: 1 }'),
      'm1.yaml:10: spec.triggers[0].metadata.queueLength is 1; Kubernetes takes text only, so write "1".',
    ],
    [
      'metadata that is a list',
      trigger('azure-queue', '[]'),
      'm1.yaml:10: spec.triggers[0].metadata is []; it must be an object.',
    ],
    [
      'utilization',
      trigger('azure-queue', '{}', '      metricType: Utilization\n'),
      'm1.yaml:10: spec.triggers[0].metricType is for CPU and memory; use AverageValue or Value.',
    ],
    [
      'a name that is none',
      head('"A b"') + QUEUE,
      /^m1\.yaml:4: metadata\.name is "A b"; it must be a name of Kubernetes/,
    ],
    [
      'a wrong number of paused replicas',
      head('a').replace(
        'name: a\nspec',
        'name: a\n  annotations:\n    autoscaling.keda.sh/paused-replicas: many\nspec',
      ) + QUEUE,
      "m1.yaml:6: autoscaling.keda.sh/paused-replicas is 'many'; it must be a whole number.",
    ],
    [
      'aliases without end',
      `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefghi'
        .split('')
        .map(
          (l, i) =>
            `${l}: &${l} [${Array<string>(9)
              .fill(`*${'abcdefgh'[i] ?? ''}`)
              .join()}]`,
        )
        .join('\n')}\n`,
      /^m1\.yaml:\d+: Excessive alias count/,
    ],
    ['a megabyte', `# ${'x'.repeat(2 ** 20)}`, 'm1.yaml: over 1 MiB; that is no scale manifest.'],
  ])('%s', (_what, text, problem) => {
    const [first, ...more] = problems(() => read(text));
    if (typeof problem === 'string') expect(first).toBe(problem);
    else expect(first).toMatch(problem);
    expect(more).toEqual([]);
  });

  test('all of it at once', () => {
    const text = `${head('a')}  pollingInterval: fast\n  maxReplicaCount: 0\n${QUEUE}`;
    expect(problems(() => read(text, 'a: ['))).toHaveLength(3);
  });

  test('two objects of one name, and two that scale one workload', () => {
    expect(problems(() => read(head('a') + QUEUE, head('a', 'b') + QUEUE))).toEqual([
      "m2.yaml:4: there is a ScaledObject 'a' already, at m1.yaml:4. Give it another name.",
    ]);
    expect(problems(() => read(head('a') + QUEUE, head('b', 'a') + QUEUE))).toEqual([
      "m2.yaml:4: Deployment 'a' is scaled by the ScaledObject at m1.yaml:4 already. Put both triggers into one.",
    ]);
  });
});

describe('a trigger that cannot be used is refused with its type and parameter', () => {
  const at = 'm1.yaml:9: spec.triggers[0]';
  test.each<[text: string, problem: string | RegExp]>([
    [
      trigger('rabitmq', '{}'),
      `${at} (rabitmq): the local host has no scaler of this type; it has rabbitmq, azure-queue, kafka, azure-eventhub. Did you mean 'rabbitmq'?`,
    ],
    [
      trigger('cpu', '{ value: "50" }'),
      `${at} (cpu): the local host has no scaler of this type; it has rabbitmq, azure-queue, kafka, azure-eventhub.`,
    ],
    [
      trigger('azure-queue', '{}'),
      `${at} (azure-queue): metadata.queueName (or queueNameFromEnv with the name of a setting) is missing.`,
    ],
    [
      trigger('azure-queue', '{ queueName: q, connectionFromEnv: NOWHERE }'),
      `${at} (azure-queue): metadata.connectionFromEnv names the setting NOWHERE, which is not set: put it into the environment, or into Values of local.settings.json.`,
    ],
    [
      trigger('azure-queue', '{ queueName: q, queueLength: "0", connectionFromEnv: AzureWebJobsStorage }'),
      `${at} (azure-queue): metadata.queueLength is '0'; it must be a whole number, 1 or more.`,
    ],
    [
      trigger(
        'azure-queue',
        '{ queueName: q, queueLength: "99999999999999999999", connectionFromEnv: AzureWebJobsStorage }',
      ),
      `${at} (azure-queue): metadata.queueLength is '99999999999999999999'; it must be a whole number, 1 or more.`,
    ],
    [
      trigger('azure-queue', '{ queueName: q, queueLengthStrategy: some, connectionFromEnv: AzureWebJobsStorage }'),
      `${at} (azure-queue): metadata.queueLengthStrategy is 'some'; it must be all or visibleonly.`,
    ],
    [
      trigger('rabbitmq', '{ queueName: q, hostFromEnv: RABBITMQ_URL, protocol: http }'),
      `${at} (rabbitmq): the host begins with 'amqp://'; with protocol http it must begin with http://.`,
    ],
    [
      trigger('rabbitmq', '{ queueName: q, host: "no address" }'),
      `${at} (rabbitmq): the host is no address such as http://user:password@localhost:15672/vhost.`,
    ],
    [
      trigger('rabbitmq', '{ queueName: q, host: "http://user:100%@localhost:15672/" }'),
      `${at} (rabbitmq): the user or password in the host holds a % that is not written as %25.`,
    ],
    [
      trigger('rabbitmq', '{ queueName: q, hostFromEnv: RABBITMQ_URL, mode: MessageRate, value: "1" }'),
      `${at} (rabbitmq): metadata.mode is 'MessageRate'; QueueLength alone is reckoned here.`,
    ],
    [
      trigger('rabbitmq', '{ queueName: q, hostFromEnv: RABBITMQ_URL, value: "1" }'),
      `${at} (rabbitmq): metadata.mode is missing beside value.`,
    ],
    [
      trigger('rabbitmq', '{ queueName: q, hostFromEnv: RABBITMQ_URL, mode: QueueLength, value: "0" }'),
      `${at} (rabbitmq): metadata.value must be more than 0.`,
    ],
    [
      trigger('rabbitmq', '{ queueName: q, hostFromEnv: RABBITMQ_URL, excludeUnacknowledged: "true" }'),
      `${at} (rabbitmq): metadata.excludeUnacknowledged goes with the protocol http alone; AMQP counts ready messages anyway.`,
    ],
    [
      trigger('rabbitmq', '{ queueName: q, hostFromEnv: RABBITMQ_MANAGEMENT_URL, useRegex: "true" }'),
      `${at} (rabbitmq): metadata.useRegex is not reckoned here; leave it out.`,
    ],
    [
      trigger('kafka', '{ bootstrapServers: b, topic: t }'),
      `${at} (kafka): metadata.consumerGroup (or consumerGroupFromEnv with the name of a setting) is missing.`,
    ],
    [
      trigger('kafka', '{ bootstrapServers: b, topic: t, consumerGroup: g, sasl: gssapi }'),
      `${at} (kafka): metadata.sasl is 'gssapi'; it must be none or plaintext or scram_sha256 or scram_sha512.`,
    ],
    [
      trigger('kafka', '{ bootstrapServers: b, topic: t, consumerGroup: g, allowIdleConsumers: "yes" }'),
      `${at} (kafka): metadata.allowIdleConsumers is 'yes'; it must be "true" or "false".`,
    ],
    [
      trigger('azure-eventhub', '{ connectionFromEnv: HUB }'),
      `${at} (azure-eventhub): metadata.checkpointStrategy is ''; blobMetadata is read here, which the Functions host writes.`,
    ],
  ])('%#', (text, problem) => {
    const [first] = problems(() => sources(text));
    if (typeof problem === 'string') expect(first).toBe(problem);
    else expect(first).toMatch(problem);
  });

  test('a parameter that KEDA passes over is warned of', () => {
    const { warnings } = sources(
      trigger('azure-queue', '{ queueName: q, queueLenght: "1", connectionFromEnv: AzureWebJobsStorage }'),
    );
    expect(warnings).toEqual([
      `${at}.metadata.queueLenght is nothing that a azure-queue trigger knows, and is passed over. Did you mean 'queueLength'?`,
    ]);
  });

  test('a connection that is not set is named where an identity stands in for it', () => {
    const identity = `---
apiVersion: keda.sh/v1alpha1
kind: TriggerAuthentication
metadata: { name: id }
spec: { podIdentity: { provider: azure-workload } }
`;
    const asks = (metadata: string) =>
      sources(trigger('azure-queue', metadata, '      authenticationRef: { name: id }\n') + identity).warnings;
    expect(asks('{ queueName: q, accountName: acme, connectionFromEnv: NOT_SET }')).toEqual([
      `${at}.metadata.connectionFromEnv names the setting NOT_SET, which is not set: the account 'acme' is asked with an identity, which az login gives. Where another storage is meant, set NOT_SET.`,
    ]);
    expect(asks('{ queueName: q, accountName: acme }')).toEqual([]);
    expect(asks('{ queueName: q, accountName: acme, connectionFromEnv: AzureWebJobsStorage }')).toEqual([]);
  });

  test('no secret is in a message', () => {
    const [problem = ''] = problems(() =>
      sources(trigger('rabbitmq', '{ queueName: q, host: "http://user:hunter2@[bad" }')),
    );
    expect(problem).toContain('the host is no address');
    expect(problem).not.toContain('hunter2');
  });
});

test('annotations pause; those that mean nothing here are named', () => {
  const annotated = (annotation: string): Manifests =>
    read(head('a').replace('name: a\nspec', `name: a\n  annotations:\n    ${annotation}\nspec`) + QUEUE);
  expect(annotated('autoscaling.keda.sh/paused: "true"').objects[0]?.paused).toEqual({ replicas: undefined });
  expect(annotated('autoscaling.keda.sh/paused: "false"').objects[0]?.paused).toBeUndefined();
  expect(annotated('autoscaling.keda.sh/paused-replicas: "3"').objects[0]?.paused).toEqual({ replicas: 3 });
  expect(annotated('autoscaling.keda.sh/paused-scale-in: "true"').warnings).toEqual([
    'm1.yaml:6: the annotation autoscaling.keda.sh/paused-scale-in means nothing here.',
  ]);
});
