/** Blob events at a real RabbitMQ: what is published is there, whatever happens to broker and connection. */
import timers from 'node:timers/promises';
import { createRabbitBroker } from '../../../../src/adapters/rabbitmq/blob-event-broker';
import { RabbitSessions } from '../../../../src/adapters/rabbitmq/session';
import { EVENTS, POISON } from '../../../../src/adapters/rabbitmq/topology';
import { toEnvelope, type Headers } from '../../../../src/domain/blob-events/delivery';
import type { BlobEventBroker } from '../../../../src/ports/blob-event-broker';
import { brokerContract } from '../../../contracts/blob-events';
import { cuttableConnection } from '../../../drivers/cuttable-connection';
import { describeRabbit, hasRabbit, rabbitOfFile } from '../../../drivers/rabbitmq-under-test';

const rabbit = rabbitOfFile();
const brokers: BlobEventBroker[] = [];
afterEach(async () => {
  await Promise.all(brokers.splice(0).map((broker) => broker.stop()));
});

function brokerAt(url = rabbit.url): BlobEventBroker {
  const broker = createRabbitBroker({ url, describes: 'the test’s' });
  brokers.push(broker);
  return broker;
}

async function take(
  queue: string,
): Promise<{ readonly envelope: string; readonly id: string; readonly durable: boolean }[]> {
  const taken = [];
  for (;;) {
    const message = await rabbit.channel.get(queue, { noAck: true });
    if (!message) return taken;
    const { messageId, headers, deliveryMode } = message.properties;
    const id = String(messageId);
    const envelope = toEnvelope(message.content.toString(), { message_id: id, ...(headers as Headers) });
    taken.push({ envelope, id, durable: deliveryMode === 2 });
  }
}

const message = (n: number) => ({ id: `m${n}`, text: `{"n":${n}}`, headers: { trace_id: 't', retries: 0 } });
const messages = (count: number) => Array.from({ length: count }, (_, n) => message(n));

if (hasRabbit)
  brokerContract('RabbitMQ', async () => {
    const broker = brokerAt();
    await broker.declare();
    for (const queue of Object.values(broker.queues)) await rabbit.channel.purgeQueue(queue);
    return { broker, take: async (queue) => (await take(queue)).map(({ envelope }) => envelope) };
  });

describeRabbit('blob events at RabbitMQ', () => {
  beforeEach(async () => {
    await brokerAt().declare();
    await rabbit.channel.purgeQueue(EVENTS);
  });

  it('makes a rejected message come into the poison queue, and again when it is rejected there', async () => {
    await brokerAt().publish(messages(1));
    for (const queue of [EVENTS, POISON, POISON]) {
      let got = await rabbit.channel.get(queue);
      while (!got) got = await rabbit.channel.get(queue);
      rabbit.channel.reject(got, false);
    }
    let last = await rabbit.channel.get(POISON);
    while (!last) last = await rabbit.channel.get(POISON);
    expect(last.properties.messageId).toBe('m0');
    rabbit.channel.ack(last);
  });

  it('says that a queue is missing, and how to make it', async () => {
    await rabbit.channel.deleteQueue(EVENTS);
    const broker = brokerAt();
    await expect(broker.publish(messages(3))).rejects.toThrow(/blob\.events does not exist; npm run broker:declare/);
    await expect(broker.probe.check(AbortSignal.timeout(5_000))).rejects.toThrow(/NOT_FOUND/);
    await broker.declare();
    await broker.publish(messages(3));
    expect(await broker.lengths()).toMatchObject({ events: 3 });
  });

  it('says what differs of a queue that is there with other properties', async () => {
    await rabbit.channel.deleteQueue(EVENTS);
    await rabbit.channel.assertQueue(EVENTS, { durable: false });
    await expect(brokerAt().declare()).rejects.toThrow(/PRECONDITION_FAILED.*durable/s);
    await rabbit.channel.deleteQueue(EVENTS);
  });

  it('says that nobody answers, in the time it has for that', async () => {
    const line = await cuttableConnection(rabbit.port);
    line.cut('down');
    const broker = brokerAt(rabbit.url.replace(String(rabbit.port), String(line.port)));
    await expect(broker.probe.check(AbortSignal.timeout(5_000))).rejects.toThrow();
    await line.stop();
  });

  it('publishes everything while its connection is cut, and nothing is lost', async () => {
    const line = await cuttableConnection(rabbit.port);
    const broker = brokerAt(rabbit.url.replace(String(rabbit.port), String(line.port)));
    for (let round = 0; round < 20; round++) {
      const sent = broker.publish(messages(100).map((one) => ({ ...one, id: `${round}-${one.id}` })));
      if (round % 4 === 1) line.cut();
      await sent;
    }
    const ids = new Set((await take(EVENTS)).map(({ id }) => id));
    expect(ids.size).toBe(2_000);
    await line.stop();
  });

  it('keeps the connection that took the place of a dead one, however late that one ends', async () => {
    const line = await cuttableConnection(rabbit.port);
    const sessions = new RabbitSessions(rabbit.url.replace(String(rabbit.port), String(line.port)));
    const dead = await sessions.current();
    const end = line.hush();
    const dropped = sessions.drop(dead);
    const next = await sessions.current();
    expect(next).not.toBe(dead);
    // Whoever else met the dead one is late, too.
    await sessions.drop(dead);
    end();
    await expect(dead.lost).rejects.toThrow(/lost/);
    await dropped;
    expect(await sessions.current()).toBe(next);
    await sessions.stop();
    await expect(next.lost).rejects.toThrow(/lost/);
    await line.stop();
  });

  it('opens no connection any more once it was stopped, also in the midst of its tries', async () => {
    const line = await cuttableConnection(rabbit.port);
    line.cut('down');
    const broker = brokerAt(rabbit.url.replace(String(rabbit.port), String(line.port)));
    const waits = jest.spyOn(timers, 'setTimeout');
    const waiting = new Promise<void>((resolve) =>
      waits.mockImplementationOnce((_ms, _value, options) => {
        resolve();
        return new Promise((over) => options?.signal?.addEventListener('abort', () => over(undefined)));
      }),
    );
    const sent = broker.publish(messages(1));
    const refused = expect(sent).rejects.toThrow(/did not take messages for blob\.events/);
    await waiting;
    waits.mockRestore();
    line.restore();
    await broker.stop();
    await refused;
    expect(line.taken).toBe(0);
    await expect(broker.lengths()).rejects.toThrow(/stopped/);
    await line.stop();
  });

  it('keeps what was published over a restart of the broker, and publishes on after it', async () => {
    const broker = brokerAt();
    await broker.publish(messages(50));
    let during: Promise<void> | undefined;
    await rabbit.outage(async () => {
      during = broker.publish([{ ...message(50), id: 'during' }]).catch(() => undefined);
      await during;
    });
    await broker.publish([{ ...message(51), id: 'after' }]);
    const taken = await take(EVENTS);
    expect(taken.every(({ durable }) => durable)).toBe(true);
    expect(taken.map(({ id }) => id)).toEqual(expect.arrayContaining([...messages(50).map(({ id }) => id), 'after']));
  }, 120_000);
});
