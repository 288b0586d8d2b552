/** Kafka output. */
import type { Producer } from 'kafkajs';
import type { BindingPlugin, HostContext } from '../../plugin';
import { kafkaSdk } from '../../brokers/broker-sdk';
import { kafkaAddress, kafkaClient, type KafkaAddress } from '../../brokers/kafka-client';
import { kafkaTrouble } from '../../brokers/kafka-trouble';
import { resolveExpression } from '../../storage/binding-expression';
import { kafkaMessages } from './messages';

/** About half a minute: what an unreachable broker may take until the function fails. */
const CLIENT_RETRIES = 12;

/** Connected, or connecting, by broker and credentials. */
const producers = new WeakMap<HostContext, Map<string, Promise<Producer>>>();

/**
 * Output `kafka`. Options `topic` (with `%SETTING%` and `{expression}`), `brokerList` and those of the trigger that say how to
 * connect. Resolves when all in-sync replicas have the records.
 */
export const kafkaBinding: BindingPlugin = {
  type: 'kafka',
  async output(binding, data, metadata, context) {
    const messages = kafkaMessages(data);
    if (messages.length === 0) return;
    const given = binding['topic'];
    const topic = typeof given === 'string' ? resolveExpression(given, metadata, context) : given;
    const address = kafkaAddress({ ...binding, topic }, context);
    try {
      const producer = await connected(address, context);
      await producer.send({ topic: address.topic, messages, acks: -1 });
    } catch (error) {
      throw new Error(
        `Kafka did not take ${messages.length} record(s) for topic '${address.topic}': ${kafkaTrouble(error, address.client)}`,
        {
          cause: error,
        },
      );
    }
  },
  async stop(context) {
    const open = producers.get(context);
    producers.delete(context);
    const closing = [...(open?.values() ?? [])].map(async (producer) => (await producer).disconnect());
    await Promise.allSettled(closing);
  },
};

function connected(address: KafkaAddress, context: HostContext): Promise<Producer> {
  let open = producers.get(context);
  if (!open) producers.set(context, (open = new Map<string, Promise<Producer>>()));
  const known = open;
  const key = JSON.stringify(address.client);
  const existing = known.get(key);
  if (existing) return existing;
  const { Partitioners } = kafkaSdk();
  const producer = kafkaClient(address, context, CLIENT_RETRIES).producer({
    createPartitioner: Partitioners.DefaultPartitioner,
  });
  const connecting = producer.connect().then(() => producer);
  known.set(key, connecting);
  // The next record tries again.
  connecting.catch(() => known.delete(key));
  return connecting;
}
