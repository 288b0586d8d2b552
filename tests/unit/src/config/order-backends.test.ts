import { loadConfig } from '../../../../src/config/config';
import { hostSettingsFrom } from '../../../../src/config/host-settings';
import { describeProblem } from '../../../../src/config/setting-problem';

const storage = { AzureWebJobsStorage: 'UseDevelopmentStorage=true' };
const kafka = { BACKEND_MODE: 'kafka', KAFKA_BROKERS: 'k1:9092, k2:9092' };
const hub = 'Endpoint=sb://n.servicebus.windows.net/;SharedAccessKeyName=k;SharedAccessKey=c2VjcmV0';

function config(environment: Record<string, string>) {
  const loaded = loadConfig({ ...storage, ...environment });
  if (!loaded.ok) throw new Error(loaded.problems.map(describeProblem).join('\n'));
  return loaded.config;
}

function problems(environment: Record<string, string>): readonly string[] {
  const loaded = loadConfig({ ...storage, ...environment });
  return loaded.ok ? [] : loaded.problems.map(describeProblem);
}

describe('the backend of orders', () => {
  it('is the queue unless told otherwise, and asks for nothing', () => {
    expect(config({}).orders.backends).toEqual({ mode: 'queue', drain: undefined });
  });

  it('is Kafka with brokers alone, and the rest by default', () => {
    expect(config(kafka).orders.backends).toMatchObject({
      mode: 'kafka',
      kafka: {
        ...{ brokers: ['k1:9092', 'k2:9092'], topic: 'orders', group: 'orders-worker', protocol: 'plaintext' },
        ...{ credentials: undefined, authority: undefined },
      },
    });
  });

  it('signs in to Kafka over TLS unless told otherwise', () => {
    const secrets = { ...kafka, KAFKA_USERNAME: 'u', KAFKA_PASSWORD: 'p' };
    expect(config(secrets).orders.backends.kafka).toMatchObject({
      protocol: 'sasl_ssl',
      credentials: { username: 'u', password: 'p' },
    });
    expect(config({ ...secrets, KAFKA_SECURITY_PROTOCOL: 'SASL_PLAINTEXT' }).orders.backends.kafka?.protocol).toBe(
      'sasl_plaintext',
    );
  });

  it('takes an authority as a file or as text', () => {
    const ssl = { ...kafka, KAFKA_SECURITY_PROTOCOL: 'ssl' };
    expect(config({ ...ssl, KAFKA_SSL_CA: '/ca.pem' }).orders.backends.kafka?.authority).toEqual({
      kind: 'file',
      value: '/ca.pem',
    });
    const pem = '-----BEGIN CERTIFICATE-----\\nMII\\n-----END CERTIFICATE-----';
    expect(config({ ...ssl, KAFKA_SSL_CA: pem }).orders.backends.kafka?.authority).toEqual({
      kind: 'pem',
      value: pem.replaceAll('\\n', '\n'),
    });
  });

  it('reaches an event hub by identity, with a namespace alone or in full', () => {
    for (const EVENTHUB_NAMESPACE of ['orders-ns', 'orders-ns.servicebus.windows.net'])
      expect(config({ BACKEND_MODE: 'eventhub', EVENTHUB_NAMESPACE }).orders.backends.eventHub).toMatchObject({
        ...{ kind: 'identity', namespace: 'orders-ns.servicebus.windows.net', hub: 'orders', group: '$Default' },
        connectionName: 'EVENTHUB',
      });
  });

  it('reaches an event hub by an explicit connection string, whose EntityPath names the hub', () => {
    const { eventHub } = config({
      BACKEND_MODE: 'eventhub',
      EVENTHUB_CONNECTION_STRING: `${hub};EntityPath=other`,
    }).orders.backends;
    expect(eventHub).toMatchObject({ kind: 'connection-string', hub: 'other' });
    expect(eventHub?.describes).not.toContain('c2VjcmV0');
  });

  it('needs what the backend that is drained needs, too', () => {
    expect(config({ ...kafka, BACKEND_MODE: 'queue', BACKEND_DRAIN: 'kafka' }).orders.backends).toMatchObject({
      mode: 'queue',
      drain: 'kafka',
      kafka: { topic: 'orders' },
    });
    expect(problems({ BACKEND_DRAIN: 'kafka' })).toEqual([
      'SETTINGS_INVALID KAFKA_BROKERS: found nothing, and BACKEND_DRAIN is kafka; accepted: a comma-separated list of host:port; for example KAFKA_BROKERS=kafka-0.kafka:9092,kafka-1.kafka:9092',
    ]);
  });

  it('asks for nothing where orders do not run', () => {
    expect(problems({ BACKEND_MODE: 'kafka', PIPELINES: 'media' })).toEqual([]);
  });

  it.each([
    [{ BACKEND_MODE: 'rabbit' }, /^SETTINGS_INVALID BACKEND_MODE: found "rabbit"; accepted: kafka, eventhub or queue/],
    [{ BACKEND_MODE: 'kafka' }, /^SETTINGS_INVALID KAFKA_BROKERS: found nothing, and BACKEND_MODE is kafka/],
    [{ ...kafka, KAFKA_BROKERS: 'k1' }, /^SETTINGS_INVALID KAFKA_BROKERS: found "k1"; accepted: .*host:port/],
    [{ ...kafka, KAFKA_TOPIC: 'a b' }, /^SETTINGS_INVALID KAFKA_TOPIC/],
    [{ ...kafka, KAFKA_USERNAME: 'u' }, /^CREDENTIAL_MISSING KAFKA_PASSWORD: found nothing, and KAFKA_USERNAME is set/],
    [{ ...kafka, KAFKA_SECURITY_PROTOCOL: 'sasl_ssl' }, /^SETTINGS_INVALID KAFKA_USERNAME: found nothing, and/],
    [
      { ...kafka, KAFKA_USERNAME: 'u', KAFKA_PASSWORD: 'p', KAFKA_SECURITY_PROTOCOL: 'ssl' },
      /^SETTINGS_INVALID KAFKA_SECURITY_PROTOCOL: found "ssl", which does not sign in/,
    ],
    [{ ...kafka, KAFKA_SSL_CA: '/ca.pem' }, /^SETTINGS_INVALID KAFKA_SSL_CA: found a value, and the protocol is plain/],
    [{ ...kafka, BACKEND_DRAIN: 'kafka' }, /^SETTINGS_INVALID BACKEND_DRAIN: found "kafka", which is BACKEND_MODE/],
    [{ BACKEND_MODE: 'eventhub' }, /^SETTINGS_INVALID EVENTHUB_NAMESPACE: found nothing, and BACKEND_MODE is eventhub/],
    [
      { BACKEND_MODE: 'eventhub', EVENTHUB_CONNECTION_STRING: `${hub};EntityPath=a`, EVENTHUB_NAME: 'b' },
      /^SETTINGS_INVALID EVENTHUB_NAME: found "b", and EVENTHUB_CONNECTION_STRING has EntityPath=a/,
    ],
    [
      { BACKEND_MODE: 'eventhub', EVENTHUB_NAMESPACE: 'orders-ns', STORAGE_ACCOUNT: 'other' },
      /^SETTINGS_INVALID STORAGE_ACCOUNT: found "other", and AzureWebJobsStorage is account "devstoreaccount1"/,
    ],
  ])('refuses %j', (environment, told) => {
    const [first, ...more] = problems(environment);
    expect(first).toMatch(told);
    expect(more).toEqual([]);
  });

  it('keeps secrets out of what it says', () => {
    const told = problems({ BACKEND_MODE: 'eventhub', EVENTHUB_CONNECTION_STRING: 'Endpoint=http://x;key=hush' });
    expect(told.join()).toMatch(/EVENTHUB_CONNECTION_STRING: found a value of \d+ characters/);
    expect(told.join()).not.toContain('hush');
  });
});

describe('the settings of the host', () => {
  it('follow from those of Kafka', () => {
    expect(hostSettingsFrom(config({ ...kafka, ORDERS_BATCH_SIZE: '7', POLL_INTERVAL: '3' }))).toMatchObject({
      AzureFunctionsJobHost__extensions__kafka__maxBatchSize: '7',
      AzureFunctionsJobHost__extensions__kafka__subscriberIntervalInSeconds: '3',
    });
  });

  it('follow from those of Event Hubs, the connection of the trigger included', () => {
    expect(
      hostSettingsFrom(config({ BACKEND_MODE: 'eventhub', EVENTHUB_NAMESPACE: 'orders-ns', ORDERS_BATCH_SIZE: '7' })),
    ).toMatchObject({
      EVENTHUB__fullyQualifiedNamespace: 'orders-ns.servicebus.windows.net',
      AzureFunctionsJobHost__extensions__eventHubs__maxEventBatchSize: '7',
    });
  });
});
