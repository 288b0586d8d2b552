import { loadConfig } from '../../../../src/config/config';
import { hostSettingsFrom } from '../../../../src/config/host-settings';
import { describeProblem } from '../../../../src/config/setting-problem';

const storage = { AzureWebJobsStorage: 'UseDevelopmentStorage=true' };

function config(environment: Record<string, string> = {}) {
  const loaded = loadConfig({ ...storage, ...environment });
  if (!loaded.ok) throw new Error(loaded.problems.map(describeProblem).join('\n'));
  return loaded.config;
}

function problems(environment: Record<string, string>) {
  const loaded = loadConfig(environment);
  return loaded.ok ? [] : loaded.problems;
}

describe('loadConfig', () => {
  it('has the documented defaults, and counts empty as absent', () => {
    const expected = {
      upload: { maxBytes: 95 * 1024 * 1024, maxMb: 95, maxFiles: 100, anonymous: false },
      media: { verify: 'read', maxAttempts: 6 },
      telemetry: { serviceName: 'sluice', otlpEndpoint: undefined, metricsPort: 0, sampleRatio: 1 },
    };
    expect(config()).toMatchObject(expected);
    expect(config({ UPLOAD_MAX_MB: '', VERIFY: '', PIPELINES: '', OTEL_EXPORTER_OTLP_ENDPOINT: '' })).toMatchObject(
      expected,
    );
    expect([...config().pipelines]).toEqual(['media', 'blob-events', 'ingestion', 'orders']);
  });

  it.each([
    ['UPLOAD_MAX_MB', '0'],
    ['UPLOAD_MAX_MB', 'many'],
    ['UPLOAD_MAX_MB', '-1'],
    ['UPLOAD_MAX_MB', '1e3'],
    ['UPLOAD_MAX_FILES', '0'],
    ['UPLOAD_ALLOWED_TYPES', 'png'],
    ['UPLOAD_ANONYMOUS', 'yes'],
    ['VERIFY', 'maybe'],
    ['PIPELINES', 'media,nope'],
    ['METRICS_PORT', '99999'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'not a url'],
    ['OTEL_TRACES_SAMPLER_ARG', '2'],
    ['STORAGE_ACCOUNT_NAME', 'Has-Capitals'],
    ['LOG_LEVEL', 'loud'],
  ])('refuses %s=%s with name, finding, rule and example', (name, value) => {
    const [problem] = problems({ ...storage, [name]: value });
    expect(problem).toMatchObject({ setting: name, code: 'SETTINGS_INVALID', found: JSON.stringify(value) });
    expect(describeProblem(problem!)).toContain(`for example ${name}=`);
  });

  it('refuses a lease of orders that one call could outlast, and names the shortest', () => {
    const [problem] = problems({ ...storage, ORDERS_LEASE_S: '9', ORDERS_CALLBACK_TIMEOUT_MS: '5000' });
    expect(describeProblem(problem!)).toMatch(/ORDERS_LEASE_S.*ORDERS_CALLBACK_TIMEOUT_MS=5000.*10 or more/s);
    expect(problems({ ...storage, ORDERS_LEASE_S: '10', ORDERS_CALLBACK_TIMEOUT_MS: '5000' })).toEqual([]);
    expect(problems({ ...storage, ORDERS_LEASE_S: 'x' }).map((p) => p.setting)).toEqual(['ORDERS_LEASE_S']);
  });

  it('takes blob events from storage queues, or from the RabbitMQ that is named, and tells no secret of it', () => {
    expect([...config({ PIPELINES: 'blob-events' }).pipelines]).toEqual(['blob-events']);
    expect(config().blobEvents).toMatchObject({ broker: { kind: 'queue' }, republishMs: 3_600_000, batchSize: 0 });
    const url = 'amqps://user:hidden@rabbit:5671/jobs';
    const { broker } = config({ RABBITMQ_URL: url }).blobEvents;
    expect(broker).toEqual({ kind: 'rabbitmq', url, describes: 'rabbit:5671/jobs' });
    const [problem] = problems({ ...storage, RABBITMQ_URL: 'http://user:hidden@rabbit' });
    expect(problem).toMatchObject({ setting: 'RABBITMQ_URL', code: 'SETTINGS_INVALID' });
    expect(describeProblem(problem!)).not.toContain('hidden');
    for (const [name, value] of [
      ['BLOB_EVENTS_REPUBLISH_S', '5'],
      ['BLOB_EVENTS_BATCH_SIZE', '33'],
    ] as const)
      expect(problems({ ...storage, [name]: value }).map((p) => p.setting)).toEqual([name]);
  });

  it('has the host take as many blob events at a time as the settings say', () => {
    const queues = 'AzureFunctionsJobHost__extensions__queues__';
    expect(Object.keys(hostSettingsFrom(config())).join()).not.toContain(queues);
    // The host holds the sum of both at most.
    for (const [inHand, batchSize, newBatchThreshold] of [
      ['1', '1', '0'],
      ['5', '3', '2'],
      ['32', '16', '16'],
    ] as const)
      expect(hostSettingsFrom(config({ BLOB_EVENTS_BATCH_SIZE: inHand }))).toMatchObject({
        [`${queues}batchSize`]: batchSize,
        [`${queues}newBatchThreshold`]: newBatchThreshold,
      });
    expect(hostSettingsFrom(config({ RABBITMQ_URL: 'amqp://rabbit', BLOB_EVENTS_BATCH_SIZE: '1' }))).toMatchObject({
      AzureFunctionsJobHost__extensions__rabbitMQ__prefetchCount: '1',
    });
  });

  it('reports all problems at once', () => {
    expect(problems({ UPLOAD_MAX_MB: 'x', VERIFY: 'y' }).map((p) => p.setting)).toEqual([
      'UPLOAD_MAX_MB',
      'VERIFY',
      'AzureWebJobsStorage',
    ]);
  });

  it('never shows the value of a secret', () => {
    const text = [
      ...problems({ STORAGE_ACCOUNT_KEY: 'hunter2!', STORAGE_ACCOUNT_NAME: 'acc' }),
      ...problems({ AzureWebJobsStorage: 'AccountKey=hunter2!' }),
      ...problems({ ...storage, APPLICATIONINSIGHTS_CONNECTION_STRING: 'hunter2!' }),
    ].map(describeProblem);
    expect(text).toHaveLength(3);
    expect(text.join()).not.toContain('hunter2');
  });

  it('names what is missing when storage is not configured at all', () => {
    expect(problems({})).toMatchObject([{ setting: 'AzureWebJobsStorage', code: 'CREDENTIAL_MISSING' }]);
    expect(problems({ ...storage, STORAGE_CONNECTION: 'Other' })).toMatchObject([
      { setting: 'Other', code: 'CREDENTIAL_MISSING' },
    ]);
  });
});

describe('storage access', () => {
  it('prefers identity over a connection string of the same name', () => {
    const { storage: access } = config({ AzureWebJobsStorage__accountName: 'acc' });
    expect(access).toMatchObject({ kind: 'identity', account: 'acc', connectionName: 'AzureWebJobsStorage' });
    expect(access.endpoints.queue).toBe('https://acc.queue.core.windows.net');
    expect(access.describes).toContain('DefaultAzureCredential');
  });

  it('takes service URIs and a client id', () => {
    const { storage: access } = config({
      AzureWebJobsStorage__blobServiceUri: 'https://acc.blob.core.windows.net/',
      AzureWebJobsStorage__queueServiceUri: 'https://q.example/',
      AzureWebJobsStorage__clientId: 'id-1',
    });
    expect(access).toMatchObject({ kind: 'identity', account: 'acc', clientId: 'id-1' });
    expect(access.endpoints).toEqual({
      blob: 'https://acc.blob.core.windows.net',
      queue: 'https://q.example',
      table: 'https://acc.table.core.windows.net',
    });
  });

  it('takes an account by name, with identity or key, and derives the connection that triggers need', () => {
    const byIdentity = config({ STORAGE_ACCOUNT_NAME: 'acc' });
    expect(byIdentity.storage).toMatchObject({ kind: 'identity', connectionName: 'SluiceStorage' });
    expect(hostSettingsFrom(byIdentity)).toMatchObject({ SluiceStorage__accountName: 'acc' });
    const byKey = config({ STORAGE_ACCOUNT_NAME: 'acc', STORAGE_ACCOUNT_KEY: 'c2VjcmV0a2V5' });
    expect(byKey.storage).toMatchObject({ kind: 'account-key' });
    expect(hostSettingsFrom(byKey).SluiceStorage).toBe(
      'DefaultEndpointsProtocol=https;AccountName=acc;AccountKey=c2VjcmV0a2V5;EndpointSuffix=core.windows.net',
    );
  });

  it('reads connection strings, development storage among them', () => {
    expect(config().storage).toMatchObject({
      kind: 'connection-string',
      account: 'devstoreaccount1',
      endpoints: { blob: 'http://127.0.0.1:10000/devstoreaccount1' },
    });
    const own = config({
      STORAGE_CONNECTION: 'Mine',
      Mine: 'DefaultEndpointsProtocol=https;AccountName=acc;AccountKey=a2V5;EndpointSuffix=core.chinacloudapi.cn',
    });
    expect(own.storage).toMatchObject({
      connectionName: 'Mine',
      account: 'acc',
      endpoints: { table: 'https://acc.table.core.chinacloudapi.cn' },
    });
  });

  it('lets the host take a body of the upload limit and its framing', () => {
    expect(hostSettingsFrom(config({ UPLOAD_MAX_MB: '10' })).FUNCTIONS_REQUEST_BODY_SIZE_LIMIT).toBe(
      String(11 * 1024 * 1024),
    );
  });
});
