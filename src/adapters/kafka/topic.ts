/** What is to be known of a Kafka topic and how far a group has read it. Keeps one connection, made at first use. */
import type { Admin } from 'kafkajs';
import type { KafkaAccess } from '../../config/order-backends';
import type { Backlog } from '../../ports/backlog';
import type { Probe } from '../../ports/probe';
import { kafkaClient } from './client';

export interface KafkaTopic {
  /** Lag of the group: of what it has not committed yet; of a partition where it never did, all that is there. */
  readonly backlog: Backlog;
  /** The brokers answer, and the topic is there. */
  readonly probe: Probe;
  stop(): Promise<void>;
}

export function createKafkaTopic(access: KafkaAccess): KafkaTopic {
  const { topic, group, brokers } = access;
  let admin: Promise<Admin> | undefined;

  async function connect(): Promise<Admin> {
    const made = kafkaClient(access).admin();
    await made.connect();
    return made;
  }

  /** Of a connection that failed nothing is kept. */
  async function ask<T>(question: (admin: Admin) => Promise<T>): Promise<T> {
    const asked = (admin ??= connect());
    try {
      return await question(await asked);
    } catch (error) {
      if (admin === asked) admin = undefined;
      void asked.then((failed) => failed.disconnect()).catch(() => undefined);
      throw error;
    }
  }

  return {
    backlog: () =>
      ask(async (connected) => {
        const [ends, [committed]] = await Promise.all([
          connected.fetchTopicOffsets(topic),
          connected.fetchOffsets({ groupId: group, topics: [topic] }),
        ]);
        const read = new Map(committed?.partitions.map(({ partition, offset }) => [partition, BigInt(offset)]));
        const partitions = ends
          .map(({ partition, low, high }) => {
            const next = read.get(partition) ?? -1n;
            const from = next < BigInt(low) ? BigInt(low) : next;
            return { partition: String(partition), waiting: Math.max(0, Number(BigInt(high) - from)) };
          })
          .sort((a, b) => Number(a.partition) - Number(b.partition));
        return { waiting: partitions.reduce((sum, { waiting }) => sum + waiting, 0), partitions };
      }),
    probe: {
      name: `Kafka topic ${topic} at ${brokers.join(',')}`,
      check: (signal) =>
        Promise.race([
          ask(async (connected) => void (await connected.fetchTopicMetadata({ topics: [topic] }))),
          aborted(signal),
        ]),
    },
    async stop() {
      await (await admin?.catch(() => undefined))?.disconnect().catch(() => undefined);
    },
  };
}

/** The client takes no signal. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }),
  );
}
