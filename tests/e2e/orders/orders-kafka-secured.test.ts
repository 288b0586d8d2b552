/** The whole app with brokers that ask for TLS and a sign-in: trigger, publisher, backlog and readiness alike (O1). */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { createKafkaPublisher } from '../../../src/adapters/kafka/publisher';
import { createKafkaTopic } from '../../../src/adapters/kafka/topic';
import { loadConfig } from '../../../src/config/config';
import type { KafkaAccess } from '../../../src/config/order-backends';
import { messageOf, stackOf } from '../../../src/telemetry/logger';
import { startApp } from '../../drivers/app-under-test';
import { startKafkaFront, type KafkaFront, type KafkaFrontOptions } from '../../drivers/kafka-front';
import { describeKafka, startKafka, type KafkaUnderTest } from '../../drivers/kafka-under-test';
import { orderText, startAwaitedDownstream } from '../../drivers/orders-under-test';
import { selfSigned } from '../../drivers/self-signed';
import { temporaryFolder } from '../../unit/local-host/temporary-folder';

const user = { username: 'orders', password: 'correct horse battery' };
const tls = selfSigned();
const folder = temporaryFolder();
let kafka: KafkaUnderTest;
const fronts: KafkaFront[] = [];

async function front(options: Omit<KafkaFrontOptions, 'broker'>): Promise<KafkaFront> {
  const made = await startKafkaFront({ broker: kafka.brokers, ...options });
  fronts.push(made);
  return made;
}

const signIn = { KAFKA_USERNAME: user.username, KAFKA_PASSWORD: user.password };

function access(brokers: string, settings: Readonly<Record<string, string>>): KafkaAccess {
  const loaded = loadConfig({
    ...{ PIPELINES: 'orders', AzureWebJobsStorage: 'UseDevelopmentStorage=true' },
    ...{ BACKEND_MODE: 'kafka', KAFKA_BROKERS: brokers, ...settings },
  });
  if (!loaded.ok || !loaded.config.orders.backends.kafka) throw new Error(JSON.stringify(loaded));
  return loaded.config.orders.backends.kafka;
}

describeKafka('orders from a Kafka that asks for TLS and a sign-in', () => {
  beforeAll(async () => {
    kafka = await startKafka();
    await kafka.createTopic('orders', 2);
  });
  afterAll(async () => {
    await Promise.all(fronts.map((made) => made.stop()));
    await kafka.stop();
  });

  it('are published, applied, committed and counted by the app with SASL_SSL', async () => {
    const secured = await front({ tls, user });
    const downstream = await startAwaitedDownstream();
    const settings = { ...signIn, KAFKA_SSL_CA: tls.certificate };
    const app = await startApp({
      ...{ PIPELINES: 'orders', BACKEND_MODE: 'kafka', KAFKA_BROKERS: secured.address, ...settings },
      ORDERS_CALLBACK_URL: downstream.url,
    });
    try {
      const publisher = await createKafkaPublisher(access(secured.address, settings));
      const texts = ['a', 'b', 'c'].map((orderId) => orderText({ orderId }));
      await publisher.send(texts.map((text) => ({ key: text, text })));
      await publisher.close();
      expect([...(await downstream.until((taken) => taken.length >= 3))].sort()).toEqual(texts);
      await app.until(async () => {
        const report = (await (await fetch(`${app.url}/v1/admin/backend`)).json()) as {
          backends: { backlog: number }[];
        };
        return report.backends[0]?.backlog === 0;
      });
      expect((await fetch(`${app.url}/readyz?pipeline=orders`)).status).toBe(200);
      expect(secured.signIns).toEqual({ good: expect.any(Number) as number, bad: 0 });
      expect(secured.brokenHandshakes()).toBe(0);
    } finally {
      await app.stop();
      await downstream.stop();
    }
  });

  it.each([
    ['SSL with the authority in a file', { tls }, () => ({ KAFKA_SECURITY_PROTOCOL: 'ssl', KAFKA_SSL_CA: inFile() })],
    [
      'SASL_PLAINTEXT, where it is asked for',
      { user },
      () => ({ ...signIn, KAFKA_SECURITY_PROTOCOL: 'sasl_plaintext' }),
    ],
  ])('are published and counted with %s', async (_name, options, settings) => {
    const given = access((await front(options)).address, settings());
    const topic = createKafkaTopic(given);
    const before = (await topic.backlog()).waiting;
    const publisher = await createKafkaPublisher(given);
    await publisher.send([{ key: 'k', text: orderText({}) }]);
    await publisher.close();
    expect((await topic.backlog()).waiting).toBe(before + 1);
    await topic.probe.check(AbortSignal.timeout(10_000));
    await topic.stop();
  });

  it.each([
    [
      'the password is wrong',
      { tls, user },
      () => ({ ...signIn, KAFKA_PASSWORD: 'wrong horse', KAFKA_SSL_CA: tls.certificate }),
      /username or password/i,
    ],
    [
      'the certificate is of another authority',
      { tls, user },
      () => ({ ...signIn, KAFKA_SSL_CA: selfSigned().certificate }),
      /certificate/,
    ],
  ])('are refused where %s, without a word of the secret', async (_name, options, settings, says) => {
    const given = access((await front(options)).address, settings());
    const topic = createKafkaTopic(given);
    const said: unknown[] = [];
    for (const ask of [
      () => topic.backlog(),
      () => topic.probe.check(AbortSignal.timeout(20_000)),
      () => createKafkaPublisher(given),
    ])
      await ask().then(
        () => said.push('nothing'),
        (error: unknown) => said.push(messageOf(error), stackOf(error)),
      );
    for (const text of [said[0], said[2], said[4]]) expect(text).toMatch(says);
    expect(said.join('\n')).not.toMatch(/correct horse|wrong horse/);
    await topic.stop();
  });
});

function inFile(): string {
  const file = path.join(folder, 'authority.pem');
  writeFileSync(file, tls.certificate);
  return file;
}
