import { fork, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { kafkaBinding } from '../../../../local-host/bindings/kafka';
import type { Listener } from '../../../../local-host/plugin';
import type { RpcData } from '../../../../local-host/rpc-data';
import type { HostJson } from '../../../../local-host/settings/host-settings';
import { kafkaTrigger } from '../../../../local-host/triggers/kafka';
import { describeKafka, hasKafka, startKafka, type KafkaUnderTest } from '../../../drivers/kafka-under-test';
import { temporaryFolder } from '../../../unit/local-host/temporary-folder';
import {
  definition,
  eventually,
  listenerHost,
  type ListenerHost,
  type ListenerHostOptions,
} from '../storage/listener-host';

const stateDir = temporaryFolder();
/** The mock broker forms a group in 3 s, which no session may be shorter than. */
const SESSION_MS = 4000;
let kafka: KafkaUnderTest;
const listeners: Listener[] = [];
const hosts: ListenerHost[] = [];

beforeAll(async () => {
  if (hasKafka) kafka = await startKafka();
});
// Each test has a topic and a group of its own, so that they wait for the broker side by side.
afterAll(async () => {
  await Promise.all(listeners.map((listener) => listener.stop()));
  await Promise.all(hosts.map(async ({ context }) => kafkaBinding.stop?.(context)));
  if (hasKafka) await kafka.stop();
});

const hostJson = (kafkaSettings: Record<string, unknown>): HostJson => ({
  version: '2.0',
  extensions: { kafka: kafkaSettings },
});

function host(options: Partial<ListenerHostOptions> = {}): ListenerHost {
  const made = listenerHost({ stateDir, values: { Brokers: kafka.brokers }, hostJson: hostJson({}), ...options });
  hosts.push(made);
  return made;
}

async function listen(
  topic: string,
  binding: Record<string, unknown> = {},
  options: Partial<ListenerHostOptions> = {},
): Promise<ListenerHost> {
  const made = host(options);
  const listener = await kafkaTrigger.start?.(
    definition('job'),
    {
      ...{ name: 'k', type: 'kafkaTrigger', direction: 'trigger' },
      topic,
      consumerGroup: `${topic}-group`,
      brokerList: '%Brokers%',
      ...binding,
    },
    made.context,
  );
  if (listener) listeners.push(listener);
  return made;
}

const numbers = (count: number): string[] => Array.from({ length: count }, (_, n) => String(n));
const valuesOf = (input: RpcData): string[] => {
  if ('collectionString' in input)
    return input.collectionString.string.map((text) => (JSON.parse(text) as { Value: string }).Value);
  return 'string' in input ? [(JSON.parse(input.string) as { Value: string }).Value] : [];
};
const seen = (made: ListenerHost): string[] => made.calls.flatMap(({ invocation }) => valuesOf(invocation.input));
const committed = (topic: string, sum: number): Promise<readonly number[]> =>
  eventually(async () => {
    const offsets = await kafka.committed(`${topic}-group`, topic);
    return offsets.reduce((all, offset) => all + Math.max(0, offset), 0) === sum ? offsets : undefined;
  });

describeKafka('a Kafka trigger', () => {
  test.concurrent('hands over one event with its metadata and trace, and commits its offset', async () => {
    await kafka.createTopic('one', 1);
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    await kafka.send('one', [
      { key: 'k1', value: '{"cargo":"tea"}', headers: { traceparent }, timestamp: '1700000000120' },
    ]);
    const made = await listen('one');
    const [call] = await made.called(1);
    const headers = [{ Key: 'traceparent', Value: Buffer.from(traceparent).toString('base64') }];
    expect(JSON.parse((call?.invocation.input as { string: string }).string)).toEqual({
      ...{ Offset: 0, Partition: 0, Topic: 'one', Timestamp: '2023-11-14T22:13:20.12Z', Value: '{"cargo":"tea"}' },
      ...{ LeaderEpoch: 0, IsPartitionEOF: false, Key: 'k1', Headers: headers },
    });
    expect(call?.invocation).toMatchObject({
      traceContext: { traceParent: traceparent },
      triggerMetadata: {
        Key: { string: 'k1' },
        Offset: { int: 0 },
        Topic: { string: 'one' },
        Value: { string: '{"cargo":"tea"}' },
      },
    });
    expect(await committed('one', 1)).toEqual([1]);
  });

  test.concurrent('hands over bytes alone where the binding asks for binary', async () => {
    await kafka.createTopic('bytes', 1);
    await kafka.send('bytes', [{ value: Buffer.from([0, 255]) }]);
    const made = await listen('bytes', { dataType: 'binary', cardinality: 'many' });
    const [call] = await made.called(1);
    expect(call?.invocation.input).toEqual({ collectionBytes: { bytes: [Buffer.from([0, 255])] } });
  });

  test.concurrent(
    'gathers events of all partitions, at most maxBatchSize in a run, one run at a time, in order within a partition',
    async () => {
      await kafka.createTopic('many', 4);
      await kafka.send(
        'many',
        numbers(100).map((value) => ({ value, partition: Number(value) % 4 })),
      );
      let running = 0;
      let most = 0;
      const made = await listen(
        'many',
        { cardinality: 'MANY' },
        {
          hostJson: hostJson({ maxBatchSize: 30 }),
          async answer() {
            most = Math.max(most, ++running);
            await new Promise((resolve) => setImmediate(resolve));
            running -= 1;
            return true;
          },
        },
      );
      await eventually(() => Promise.resolve(seen(made).length === 100 ? true : undefined));
      expect(most).toBe(1);
      const sizes = made.calls.map(({ invocation }) => valuesOf(invocation.input).length);
      expect(Math.max(...sizes)).toBe(30);
      for (const partition of [0, 1, 2, 3])
        expect(seen(made).filter((value) => Number(value) % 4 === partition)).toEqual(
          numbers(100).filter((value) => Number(value) % 4 === partition),
        );
      expect(await committed('many', 100)).toEqual([25, 25, 25, 25]);
    },
  );

  test.concurrent('commits a failure by default, and says once what to do about it', async () => {
    await kafka.createTopic('loses', 1);
    await kafka.send(
      'loses',
      numbers(3).map((value) => ({ value })),
    );
    const made = await listen('loses', {}, { answer: () => false });
    expect(await committed('loses', 3)).toEqual([3]);
    expect(seen(made)).toEqual(['0', '1', '2']);
    expect(
      made.lines.filter((line) =>
        /failed, yet the offset is committed .* set extensions\.kafka\.commitOnFailure to false/.test(line),
      ),
    ).toHaveLength(1);
  });

  test.concurrent(
    'runs a failing event maxRetries more times in place with commitOnFailure false, then skips it',
    async () => {
      await kafka.createTopic('retries', 1);
      await kafka.send(
        'retries',
        numbers(2).map((value) => ({ value })),
      );
      const made = await listen(
        'retries',
        {},
        {
          hostJson: hostJson({ commitOnFailure: 'false', maxRetries: 2 }),
          answer: ({ invocation }) => valuesOf(invocation.input)[0] !== '0',
        },
      );
      await made.line(/failed after 2 retries; the offset is committed/);
      expect(await committed('retries', 2)).toEqual([2]);
      expect(seen(made)).toEqual(['0', '0', '0', '1']);
    },
  );

  test.concurrent('keeps its partitions while a function runs longer than the session may last', async () => {
    await kafka.createTopic('slow', 1);
    await kafka.send(
      'slow',
      numbers(2).map((value) => ({ value })),
    );
    const sessionTimeoutMs = SESSION_MS;
    const made = await listen(
      'slow',
      {},
      {
        hostJson: hostJson({ sessionTimeoutMs }),
        answer: async () => {
          if (made.calls.length > 1) return true;
          // Real time, as the broker's is.
          await new Promise((resolve) => setTimeout(resolve, 1.5 * sessionTimeoutMs));
          return true;
        },
      },
    );
    expect(await committed('slow', 2)).toEqual([2]);
    expect(seen(made)).toEqual(['0', '1']);
  });

  test.concurrent('hands partitions to a second member after its run has ended, and loses nothing', async () => {
    await kafka.createTopic('shared', 4);
    const send = (from: number, to: number) =>
      kafka.send(
        'shared',
        numbers(to)
          .slice(from)
          .map((value) => ({ value, partition: Number(value) % 4 })),
      );
    await send(0, 40);
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    const first = await listen(
      'shared',
      {},
      {
        answer: async ({ invocation }) => {
          if (valuesOf(invocation.input)[0] === '7') await released;
          return true;
        },
      },
    );
    await eventually(() => Promise.resolve(seen(first).includes('7') ? true : undefined));
    await committed('shared', 31);
    const second = await listen('shared');
    // The group waits for the first member, which has an event in hand.
    await first.line(/The group is rebalancing|Response Heartbeat/);
    release();
    await eventually(() => Promise.resolve(new Set([...seen(first), ...seen(second)]).size === 40 ? true : undefined));
    await second.line(/'job' reads partitions \[\d, \d\] of topic 'shared'/);
    await send(40, 80);
    await eventually(() => Promise.resolve(new Set([...seen(first), ...seen(second)]).size === 80 ? true : undefined));
    expect(await committed('shared', 80)).toEqual([20, 20, 20, 20]);
    expect(seen(second).length).toBeGreaterThan(0);
    // The mock broker refuses commits during a rebalance, where Kafka takes them: what was in hand then runs again, no more.
    const all = [...seen(first), ...seen(second)];
    const again = all.filter((value, at) => all.indexOf(value) !== at);
    expect(['7', '11']).toEqual(expect.arrayContaining(again));
  });

  test.concurrent('loses nothing when its process is killed and another goes on', async () => {
    await kafka.createTopic('killed', 2);
    await kafka.send(
      'killed',
      numbers(60).map((value) => ({ value, partition: Number(value) % 2 })),
    );
    const done = new Set<string>();
    const child = member('killed', (value) => {
      done.add(value);
      if (done.size === 20) child.kill('SIGKILL');
    });
    await new Promise((resolve) => child.once('exit', resolve));
    const made = await listen('killed', {}, { hostJson: hostJson({ sessionTimeoutMs: SESSION_MS }) });
    await eventually(() => Promise.resolve(new Set([...done, ...seen(made)]).size === 60 ? true : undefined));
    await committed('killed', 60);
  });

  test('goes on after the broker was away, and stops none of the others', async () => {
    await kafka.createTopic('away', 1);
    await kafka.send('away', [{ value: 'before' }]);
    const made = await listen('away', {}, { hostJson: hostJson({ sessionTimeoutMs: SESSION_MS }) });
    await made.called(1);
    await kafka.outage(async () => {
      await made.line(/^Kafka cannot be consumed for 'job' \(topic 'away'\)/);
    });
    await eventually(() =>
      kafka.send('away', [{ value: 'after' }]).then(
        () => true,
        () => undefined,
      ),
    );
    await eventually(() => Promise.resolve(seen(made).includes('after') ? true : undefined));
    await made.line(/^Consuming topic 'away' for 'job' again\.$/);
  });

  test('tells of options and settings that cannot be used', () => {
    const check = (binding: Record<string, unknown>, settings: Record<string, unknown> = {}) =>
      kafkaTrigger.check?.(
        definition('job'),
        {
          ...{ name: 'k', type: 'kafkaTrigger', direction: 'trigger' },
          topic: 't',
          brokerList: 'localhost:9092',
          ...binding,
        },
        listenerHost({ stateDir, values: { Secret: 's' }, hostJson: hostJson(settings) }).context,
      );
    expect(() => check({})).not.toThrow();
    expect(() =>
      check({ protocol: 'SASL_SSL', authenticationMode: 'PLAIN', username: 'u', password: 'Secret' }),
    ).not.toThrow();
    expect(() => check({ brokerList: '%NoSuch%' })).toThrow(/'%NoSuch%' does not resolve to a value/);
    expect(() => check({ brokerList: undefined })).toThrow("Kafka binding 'k' has no 'brokerList'.");
    expect(() => check({ protocol: 'saslSsl', username: 'u' })).toThrow(/signs in with SASL but has no 'password'/);
    expect(() => check({ protocol: 'saslSsl', authenticationMode: 'gssapi' })).toThrow(
      /which the local host does not speak/,
    );
    expect(() => check({ protocol: 'ssl', sslCaLocation: 'no-such.pem' })).toThrow(
      /'no-such.pem' is not a valid file location/,
    );
    expect(() => check({ protocol: 'tls' })).toThrow(
      /'protocol' of binding 'k' is 'tls'; it must be one of plaintext, ssl/,
    );
    expect(() => check({ cardinality: 'some' })).toThrow(/must be ONE or MANY/);
    expect(() => check({}, { maxBatchSize: 0 })).toThrow(
      'host.json extensions.kafka.maxBatchSize is 0; it must be a whole number, 1 or more.',
    );
    expect(() => check({}, { commitOnFailure: 'maybe' })).toThrow(
      /commitOnFailure is "maybe"; it must be true or false/,
    );
    expect(() => check({}, { autoOffsetReset: 'middle' })).toThrow(/must be "earliest" or "latest"/);
  });
});

describeKafka('a Kafka output', () => {
  test.concurrent('writes each element as a record, and an event with its key and headers', async () => {
    await kafka.createTopic('out', 1);
    const publisher = host();
    const binding = { name: 'o', type: 'kafka', direction: 'out', topic: 'out', brokerList: 'Brokers' } as const;
    const event = {
      Offset: 0,
      Partition: 0,
      Topic: '',
      Timestamp: '2030-01-01T00:00:00Z',
      Value: 'v',
      Key: 'k',
      Headers: [{ Key: 'h', Value: 'x' }],
    };
    await kafkaBinding.output?.(binding, { json: JSON.stringify(['plain', { a: 1 }]) }, {}, publisher.context);
    await kafkaBinding.output?.(binding, { json: JSON.stringify(event) }, {}, publisher.context);
    const made = await listen('out');
    const calls = await made.called(3);
    const events = calls.map(
      ({ invocation }) => JSON.parse((invocation.input as { string: string }).string) as unknown,
    );
    expect(events).toMatchObject([
      { Value: 'plain', Key: null, Headers: [] },
      { Value: '{\n  "a": 1\n}' },
      { Value: 'v', Key: 'k', Headers: [{ Key: 'h', Value: Buffer.from('x').toString('base64') }] },
    ]);
  });
});

/** A member of the group in a process of its own, which tells of each event before it is done. */
function member(topic: string, onEvent: (value: string) => void): ChildProcess {
  const child = fork(path.join(__dirname, 'kafka-member.js'), [stateDir, kafka.brokers, topic]);
  child.on('message', (value) => onEvent(value as string));
  return child;
}
