/** A Kafka trigger with TLS and SASL/PLAIN, before a broker that has neither. */
import type { BindingDefinition } from '../../../../local-host/function-definition';
import type { Listener } from '../../../../local-host/plugin';
import { kafkaTrigger } from '../../../../local-host/triggers/kafka';
import { startKafkaFront, type KafkaFront } from '../../../drivers/kafka-front';
import { describeKafka, hasKafka, startKafka, type KafkaUnderTest } from '../../../drivers/kafka-under-test';
import { selfSigned } from '../../../drivers/self-signed';
import { temporaryFolder } from '../../../unit/local-host/temporary-folder';
import { definition, listenerHost, type ListenerHost } from '../storage/listener-host';

const stateDir = temporaryFolder();
const user = { username: 'orders', password: 'correct horse battery' };
const tls = selfSigned();
let kafka: KafkaUnderTest;
let front: KafkaFront;
let withoutTls: KafkaFront;
const listeners: Listener[] = [];

beforeAll(async () => {
  if (!hasKafka) return;
  kafka = await startKafka();
  front = await startKafkaFront({ broker: kafka.brokers, tls, user });
  withoutTls = await startKafkaFront({ broker: kafka.brokers, user });
});
afterAll(async () => {
  await Promise.all(listeners.map((listener) => listener.stop()));
  if (!hasKafka) return;
  await front.stop();
  await withoutTls.stop();
  await kafka.stop();
});

async function listen(
  topic: string,
  values: Record<string, string>,
  over: Record<string, string> = {},
): Promise<ListenerHost> {
  const made = listenerHost({
    stateDir,
    values: {
      Brokers: front.address,
      User: user.username,
      Password: user.password,
      Authority: tls.certificate,
      ...values,
    },
    hostJson: { version: '2.0' },
  });
  const binding: BindingDefinition = {
    ...{ name: 'k', type: 'kafkaTrigger', direction: 'trigger', topic, consumerGroup: `${topic}-group` },
    ...{ brokerList: '%Brokers%', protocol: 'SaslSsl', authenticationMode: 'Plain' },
    ...{ username: '%User%', password: '%Password%', sslCaPEM: '%Authority%' },
    ...over,
  };
  const listener = await kafkaTrigger.start?.(definition('job'), binding, made.context);
  if (listener) listeners.push(listener);
  return made;
}

describeKafka('a Kafka trigger with TLS and SASL/PLAIN', () => {
  test('reads with the right password, with TLS, and without where that is asked for', async () => {
    const read = async (topic: string, ...how: [Record<string, string>, Record<string, string>?]): Promise<string> => {
      await kafka.createTopic(topic, 1);
      await kafka.send(topic, [{ value: `cargo of ${topic}` }]);
      const [call] = await (await listen(topic, ...how)).called(1);
      return JSON.stringify(call?.invocation.input);
    };
    const plain = { Brokers: withoutTls.address };
    const inputs = await Promise.all([read('secured', {}), read('unveiled', plain, { protocol: 'SaslPlaintext' })]);
    expect(inputs[0]).toContain('cargo of secured');
    expect(inputs[1]).toContain('cargo of unveiled');
    for (const { signIns } of [front, withoutTls]) expect(signIns).toEqual({ good: expect.any(Number), bad: 0 });
    expect(front.signIns.good).toBeGreaterThan(0);
  });

  test('says that the password is wrong, and what to do', async () => {
    const made = await listen('refused', { Password: 'wrong horse' });
    expect(await made.line(/cannot be consumed/)).toMatch(
      /authentication failed: .*Invalid username or password\. Check 'username' and 'password'/i,
    );
    expect(front.signIns.bad).toBeGreaterThan(0);
    expect(made.lines.join('\n')).not.toMatch(/wrong horse|correct horse/);
    expect(made.calls).toHaveLength(0);
  });

  test('says that it does not trust the certificate, and what to do', async () => {
    const made = await listen('untrusted', { Authority: selfSigned().certificate });
    expect(await made.line(/cannot be consumed/)).toMatch(/certificate\. Check that 'sslCaLocation' or 'sslCaPEM'/);
  });

  test('says that the brokers do not speak TLS, and what to do', async () => {
    const made = await listen('plain', { Brokers: withoutTls.address });
    expect(await made.line(/cannot be consumed/)).toMatch(/Check that the ports in 'brokerList' are those for TLS/);
  });

  test('says that the brokers ask for a sign-in, and what to do', async () => {
    const made = await listen('open', { Brokers: withoutTls.address }, { protocol: 'Plaintext' });
    expect(await made.line(/cannot be consumed/)).toMatch(
      /if they ask for TLS or a sign-in, set 'protocol' to Ssl, Sasl/,
    );
  });
});
