import type { Options } from 'amqplib';
import { rabbitMqBinding } from '../../../../local-host/bindings/rabbitmq';
import type { Listener } from '../../../../local-host/plugin';
import { rabbitMqTrigger } from '../../../../local-host/triggers/rabbitmq';
import { cuttableConnection } from '../../../drivers/cuttable-connection';
import { describeRabbit, rabbitOfFile } from '../../../drivers/rabbitmq-under-test';
import { temporaryFolder } from '../../../unit/local-host/temporary-folder';
import {
  definition,
  eventually,
  listenerHost,
  type ListenerHost,
  type ListenerHostOptions,
} from '../storage/listener-host';

const stateDir = temporaryFolder();
const rabbit = rabbitOfFile();
let listeners: Listener[] = [];
let hosts: ListenerHost[] = [];
afterEach(async () => {
  await Promise.all(listeners.map((listener) => listener.stop()));
  await Promise.all(hosts.map(async ({ context }) => rabbitMqBinding.stop?.(context)));
  listeners = [];
  hosts = [];
});

function host(options: Partial<ListenerHostOptions> = {}): ListenerHost {
  const made = listenerHost({ stateDir, values: { RabbitConn: rabbit.url }, ...options });
  hosts.push(made);
  return made;
}

async function listen(
  queueName: string,
  options: Partial<ListenerHostOptions> = {},
  name = 'job',
): Promise<ListenerHost> {
  const made = host(options);
  await listenIn(made, queueName, name);
  return made;
}

async function listenIn(made: ListenerHost, queueName: string, name: string): Promise<void> {
  const binding = { ...at(queueName), name: 'm', type: 'rabbitMQTrigger', direction: 'trigger' } as const;
  const listener = await rabbitMqTrigger.start?.(definition(name), binding, made.context);
  if (listener) listeners.push(listener);
}

const at = (queueName: string) => ({ queueName, connectionStringSetting: 'RabbitConn' });
const send = (queue: string, text: string, options?: Options.Publish) =>
  rabbit.channel.sendToQueue(queue, Buffer.from(text), options);
const texts = (made: ListenerHost) =>
  made.calls.map(({ invocation }) => ('string' in invocation.input ? invocation.input.string : ''));
const waiting = async (queue: string): Promise<number> => (await rabbit.channel.checkQueue(queue)).messageCount;
const empty = (queue: string): Promise<true> =>
  eventually(async () => ((await waiting(queue)) === 0 ? true : undefined));
const numbers = (count: number): string[] => Array.from({ length: count }, (_, n) => String(n));

function publish(
  made: ListenerHost,
  queueName: string,
  data: Parameters<NonNullable<typeof rabbitMqBinding.output>>[1],
) {
  const binding = { ...at(queueName), name: 'o', type: 'rabbitMQ', direction: 'out' } as const;
  return rabbitMqBinding.output?.(binding, data, {}, made.context) ?? Promise.resolve();
}

describeRabbit('a RabbitMQ trigger', () => {
  test('hands over a message with its metadata and trace, and acks it', async () => {
    await rabbit.channel.assertQueue('plain');
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    send('plain', '{"cargo":"tea"}', { messageId: 'm1', headers: { traceparent, n: 7 } });
    const made = await listen('plain');
    const [call] = await made.called(1);
    expect(call?.invocation).toMatchObject({
      input: { string: '{"cargo":"tea"}' },
      traceContext: { traceParent: traceparent },
      triggerMetadata: { RoutingKey: { string: 'plain' }, Redelivered: { json: 'false' }, cargo: { string: 'tea' } },
      reason: expect.stringMatching(/^RabbitMQ message detected from queue: plain at /),
    });
    const properties = call?.invocation.triggerMetadata?.['BasicProperties'];
    expect(JSON.parse((properties as { json: string }).json)).toMatchObject({
      MessageId: 'm1',
      Headers: { traceparent: Buffer.from(traceparent).toString('base64'), n: 7 },
    });
    await empty('plain');
  });

  test('runs a message that fails five times, then rejects it and says that it is lost', async () => {
    await rabbit.channel.assertQueue('sour', { durable: false });
    send('sour', 'bad', { correlationId: 'c1' });
    const made = await listen('sour', { answer: () => false });
    await made.line(/^Queue 'sour' has no dead-letter exchange: a message that fails 5 runs of 'job' is lost/);
    await made.line(
      /was rejected after 5 failed runs of 'job' and is lost, as in Azure\. Declare 'sour' with the argument x-dead-letter-exchange/,
    );
    expect(texts(made)).toEqual(numbers(5).map(() => 'bad'));
    const last = made.calls.at(-1)?.invocation.triggerMetadata;
    expect(last).toMatchObject({ Redelivered: { json: 'false' } });
    expect(JSON.parse((last?.['BasicProperties'] as { json: string }).json)).toMatchObject({ CorrelationId: 'c1' });
    await empty('sour');
  });

  test('leaves a rejected message to the dead-letter exchange, and says so', async () => {
    await rabbit.channel.assertQueue('kept.dead');
    await rabbit.channel.assertQueue('kept', {
      arguments: { 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': 'kept.dead', 'x-message-ttl': 600_000 },
    });
    send('kept', 'bad');
    const made = await listen('kept', { answer: () => false });
    await made.line(/was rejected after 5 failed runs of 'job'; its dead-letter exchange has it\.$/);
    expect(made.lines.join()).not.toMatch(/is lost/);
    await eventually(async () => ((await waiting('kept.dead')) === 1 ? true : undefined));
  });

  test('runs one message at a time, however many were handed out ahead', async () => {
    await rabbit.channel.assertQueue('many');
    let running = 0;
    let most = 0;
    const made = await listen('many', {
      async answer() {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setImmediate(resolve));
        running -= 1;
        return true;
      },
    });
    for (const n of numbers(40)) send('many', n);
    await made.called(40);
    expect(most).toBe(1);
    expect(texts(made)).toEqual(numbers(40));
  });

  test('waits for a queue that does not exist, names the remedy, declares nothing, and leaves others alone', async () => {
    const made = await listen('later');
    await made.line(/^Queue 'later' does not exist, and the RabbitMQ trigger declares none\. Declare it/);
    await rabbit.channel.assertQueue('sibling');
    await listenIn(made, 'sibling', 'other');
    send('sibling', 'hello');
    await made.called(1, ({ fn }) => fn === 'other');
    const probe = await (await rabbit.connection()).createChannel();
    probe.on('error', () => undefined);
    await expect(probe.checkQueue('later')).rejects.toThrow(/NOT_FOUND/);
    await rabbit.channel.assertQueue('later');
    send('later', 'now');
    await made.called(1, ({ fn }) => fn === 'job');
    await made.line(/^Consuming queue 'later' for 'job' again\.$/);
  });

  test('gives back what it was handed and had not begun when it stops', async () => {
    await rabbit.channel.assertQueue('stopped');
    for (const n of numbers(10)) send('stopped', n);
    let finish: () => void = () => undefined;
    const made = await listen('stopped', {
      answer: () => new Promise<boolean>((resolve) => (finish = () => resolve(true))),
    });
    await made.called(1);
    const stopping = Promise.all(listeners.splice(0).map((listener) => listener.stop()));
    finish();
    await stopping;
    expect(made.calls).toHaveLength(1);
    await eventually(async () => ((await waiting('stopped')) === 9 ? true : undefined));
  });

  test('counts a run that fails since the host stops as no try: its message is as if it had not been handed out', async () => {
    await rabbit.channel.assertQueue('let-go');
    send('let-go', 'long work');
    let letGo: () => void = () => undefined;
    const made = await listen('let-go', {
      answer: () => new Promise<boolean>((resolve) => (letGo = () => resolve(false))),
    });
    await made.called(1);
    const stopping = Promise.all(listeners.splice(0).map((listener) => listener.stop()));
    letGo();
    await stopping;
    const back = await eventually(async () => (await rabbit.channel.get('let-go', { noAck: true })) || undefined);
    expect(back.fields.redelivered).toBe(true);
    expect(back.properties.headers).not.toHaveProperty('x-ms-rabbitmq-requeuecount');
  });

  test('tells of settings that no queue can have', () => {
    const check = (values: Record<string, string>, prefetchCount: unknown, queueName = 'q') =>
      rabbitMqTrigger.check?.(
        definition('job'),
        { ...at(queueName), name: 'm', type: 'rabbitMQTrigger', direction: 'trigger' },
        listenerHost({
          stateDir,
          values,
          hostJson: { version: '2.0', extensions: { RabbitMQ: { prefetchCount } } },
        }).context,
      );
    expect(() => check({}, 30)).toThrow(/has no connection: set the setting 'RabbitConn' to an address such as amqp:/);
    expect(() => check({ RabbitConn: 'localhost' }, 30)).toThrow(/the setting 'RabbitConn' holds no AMQP address/);
    expect(() => check({ RabbitConn: rabbit.url }, 30, '%NoSuch%')).toThrow(/'%NoSuch%' does not resolve to a value/);
    expect(() => check({ RabbitConn: rabbit.url }, 70_000)).toThrow(
      'host.json extensions.rabbitMQ.prefetchCount is 70000; it must be a whole number, 0 to 65535.',
    );
    expect(() => check({ RabbitConn: rabbit.url }, '12')).not.toThrow();
  });
});

describeRabbit('a RabbitMQ output', () => {
  test('publishes each element in order, as recorded, and warns that messages are not persistent', async () => {
    await rabbit.channel.assertQueue('out');
    const made = host();
    await publish(made, 'out', { json: '["a",{"b":1}]' });
    await publish(made, 'out', { bytes: Buffer.from([0, 255]) });
    const got = [await rabbit.channel.get('out'), await rabbit.channel.get('out'), await rabbit.channel.get('out')];
    expect(got.map((message) => message && message.content.toString('latin1'))).toEqual(['a', '{\n  "b": 1\n}', '\0ÿ']);
    await made.line(/^Messages of the output binding for queue 'out' are not persistent/);
  });

  test('fails for a queue that does not exist, and names the remedy', async () => {
    await expect(publish(host(), 'nowhere', { string: 'x' })).rejects.toThrow(
      /Queue 'nowhere' does not exist.* Declare it first\./,
    );
  });
});

describeRabbit('with connections that break', () => {
  test('every message is published and consumed while they are cut, and none is lost', async () => {
    const line = await cuttableConnection(rabbit.port);
    const values = { RabbitConn: rabbit.url.replace(String(rabbit.port), String(line.port)) };
    await rabbit.channel.assertQueue('cut');
    const seen = new Set<string>();
    const cuts = new Set<number>();
    const answer: ListenerHostOptions['answer'] = ({ invocation }) => {
      if ('string' in invocation.input) seen.add(invocation.input.string);
      // Cut while this one is in hand: it comes again.
      if (seen.size % 25 === 0 && !cuts.has(seen.size)) {
        cuts.add(seen.size);
        line.cut();
      }
      return true;
    };
    await listen('cut', { values, answer });
    const sender = host({ values });
    for (const n of numbers(100)) await publish(sender, 'cut', { string: n });
    await eventually(() => Promise.resolve(seen.size === 100 ? true : undefined));
    await empty('cut');
    expect([...cuts]).toEqual([25, 50, 75, 100]);
    await Promise.all(listeners.splice(0).map((listener) => listener.stop()));
    await line.stop();
  });

  test('a restart of the broker loses no persistent message, and the one in hand runs again', async () => {
    await rabbit.channel.assertQueue('restart');
    for (const n of numbers(20)) send('restart', n, { persistent: true });
    let holding: (() => void) | undefined;
    const made = await listen('restart', {
      answer: async () => {
        if (made.calls.length === 5) await new Promise<void>((resolve) => (holding = resolve));
        return true;
      },
    });
    await made.called(5);
    await rabbit.outage(() => Promise.resolve(holding?.()));
    await eventually(() => Promise.resolve(new Set(texts(made)).size === 20 ? true : undefined));
    await empty('restart');
    expect(texts(made).filter((text) => text === '4').length).toBe(2);
  }, 120_000);
});
