/** `kafka`: the lag of a consumer group. */
import type { Admin, Kafka, KafkaConfig } from 'kafkajs';
import { kafkaSdk } from '../../brokers/broker-sdk';
import { kafkaTrouble } from '../../brokers/kafka-trouble';
import type { MetricSource } from '../metric-source';
import { consumerLag, type LagRules, type PartitionOffsets, type SeenOffsets } from './kafka-lag';
import type { Parameters } from './parameters';
import type { SourcePlugin } from './source-plugin';

const TIMEOUT_MS = 5000;
const MECHANISMS = {
  plaintext: 'plain',
  scram_sha256: 'scram-sha-256',
  scram_sha512: 'scram-sha-512',
} as const;

export const kafka: SourcePlugin = {
  type: 'kafka',
  parameters: [
    ...['bootstrapServers', 'consumerGroup', 'topic', 'lagThreshold', 'activationLagThreshold', 'offsetResetPolicy'],
    ...['allowIdleConsumers', 'limitToPartitionsWithLag', 'scaleToZeroOnInvalidOffset', 'excludePersistentLag'],
    ...['ensureEvenDistributionOfPartitions', 'partitionLimitation', 'fullMetadata', 'version'],
    ...['sasl', 'tls', 'unsafeSsl', 'saslTokenProvider', 'awsRegion'],
  ],
  create(parameters, { log }): MetricSource {
    parameters.refuse(['ensureEvenDistributionOfPartitions', 'partitionLimitation', 'saslTokenProvider', 'awsRegion']);
    const topic = parameters.text('topic');
    const groupId = parameters.required('consumerGroup');
    const activation = parameters.whole('activationLagThreshold', 0, 0);
    const rules = lagRules(parameters, topic);
    const config = clientConfig(parameters);
    const seen: SeenOffsets = new Map();
    let admin: Admin | undefined;
    const open = async (): Promise<Admin> => {
      if (admin) return admin;
      const next = client(config, (message) => log.debug(`Kafka client of the scaler: ${message}`)).admin();
      await next.connect();
      return (admin = next);
    };
    const close = async (): Promise<void> => {
      const open = admin;
      admin = undefined;
      await open?.disconnect().catch(() => undefined);
    };
    return {
      what: `records behind of group '${groupId}'${topic === undefined ? '' : ` on topic '${topic}'`}`,
      target: rules.target,
      async read() {
        try {
          const { value, lag } = consumerLag(await offsets(await open(), groupId, topic), rules, seen);
          return { value, active: lag > activation };
        } catch (error) {
          await close();
          throw new Error(kafkaTrouble(error, config), { cause: error });
        }
      },
      close,
    };
  },
};

function lagRules(parameters: Parameters, topic: string | undefined): LagRules {
  const rules: LagRules = {
    target: parameters.whole('lagThreshold', 10, 1),
    resetPolicy: parameters.word('offsetResetPolicy', ['latest', 'earliest'], 'latest'),
    allowIdleConsumers: parameters.flag('allowIdleConsumers'),
    limitToPartitionsWithLag: parameters.flag('limitToPartitionsWithLag'),
    scaleToZeroOnInvalidOffset: parameters.flag('scaleToZeroOnInvalidOffset'),
    excludePersistentLag: parameters.flag('excludePersistentLag'),
  };
  if (rules.allowIdleConsumers && rules.limitToPartitionsWithLag)
    throw new Error('metadata.allowIdleConsumers and limitToPartitionsWithLag exclude each other.');
  if (rules.limitToPartitionsWithLag && topic === undefined)
    throw new Error('metadata.limitToPartitionsWithLag needs a topic.');
  return rules;
}

function clientConfig(parameters: Parameters): KafkaConfig {
  const brokers = parameters
    .required('bootstrapServers')
    .split(',')
    .map((broker) => broker.trim());
  const mechanism = parameters.word('sasl', ['none', 'plaintext', 'scram_sha256', 'scram_sha512'], 'none');
  const tls = parameters.word('tls', ['disable', 'enable'], 'disable') === 'enable';
  const [ca, cert, key] = [parameters.text('ca'), parameters.text('cert'), parameters.text('key')];
  return {
    brokers,
    ...(tls
      ? {
          ssl: {
            ...(ca === undefined ? {} : { ca }),
            ...(cert === undefined ? {} : { cert }),
            ...(key === undefined ? {} : { key }),
            ...(parameters.flag('unsafeSsl') ? { rejectUnauthorized: false } : {}),
          },
        }
      : {}),
    ...(mechanism === 'none'
      ? {}
      : {
          sasl: {
            mechanism: MECHANISMS[mechanism] as 'plain',
            username: parameters.required('username'),
            password: parameters.required('password'),
          },
        }),
  };
}

function client(config: KafkaConfig, debug: (message: string) => void): Kafka {
  const { Kafka: Client, logLevel } = kafkaSdk();
  return new Client({
    ...config,
    clientId: 'local-host-scaler',
    connectionTimeout: TIMEOUT_MS,
    requestTimeout: TIMEOUT_MS,
    // The client's first question needs a second try: only then does it look for its brokers. The next poll tries again anyway.
    retry: { retries: 2, initialRetryTime: 100, maxRetryTime: 500 },
    logLevel: logLevel.WARN,
    logCreator: () => (entry) => debug(entry.log.message),
  });
}

/** Of one topic, or of all that the group has committed anything on. */
async function offsets(admin: Admin, groupId: string, topic: string | undefined): Promise<PartitionOffsets[]> {
  const committed = await admin.fetchOffsets({ groupId, ...(topic === undefined ? {} : { topics: [topic] }) });
  const topics = topic === undefined ? committed.map((of) => of.topic) : [topic];
  const latest = await Promise.all(
    topics.map(async (name) => ({ name, partitions: await admin.fetchTopicOffsets(name) })),
  );
  return latest.flatMap(({ name, partitions }) =>
    partitions.map(({ partition, high }) => {
      const own = committed.find((of) => of.topic === name)?.partitions.find((of) => of.partition === partition);
      return { topic: name, partition, latest: Number(high), committed: Number(own?.offset ?? -1) };
    }),
  );
}
