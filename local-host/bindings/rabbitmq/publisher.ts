/**
 * Publishes to RabbitMQ over one connection per address, opened when first needed and anew after it was lost. A message is
 * published when the broker confirmed it; one that the connection was lost over is published again, hence possibly twice.
 */
import type { ConfirmChannel } from 'amqplib';
import { sleep, type Clock } from '../../clock';
import { messageOf } from '../../brokers/broker-sdk';
import { connectToRabbit, isMissingQueue, publishConfirmed, type RabbitQueue } from '../../brokers/rabbitmq-connection';
import { reconnectDelayMs } from '../../brokers/reconnect-delay';

const TRIES = 4;

interface Open {
  readonly channel: ConfirmChannel;
  readonly known: Set<string>;
  close(): Promise<void>;
}

export class RabbitPublisher {
  readonly #clock: Clock;
  readonly #open = new Map<string, Promise<Open>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @throws Error that names the queue and the remedy when it does not exist or the broker stays away */
  async publish(to: RabbitQueue, content: Uint8Array): Promise<void> {
    for (let failures = 1; ; failures++) {
      try {
        const open = await this.#connected(to);
        await confirmed(open, to.queue, Buffer.from(content));
        return;
      } catch (error) {
        this.#forget(to);
        if (isMissingQueue(error))
          throw new Error(
            `Queue '${to.queue}' does not exist, and the RabbitMQ binding declares none, as in Azure. Declare it first.`,
            { cause: error },
          );
        if (failures >= TRIES)
          throw new Error(`RabbitMQ did not take a message for queue '${to.queue}': ${messageOf(error)}`, {
            cause: error,
          });
        await sleep(this.#clock, reconnectDelayMs(failures));
      }
    }
  }

  async close(): Promise<void> {
    const open = [...this.#open.values()];
    this.#open.clear();
    await Promise.all(
      open.map(async (opening) => (await opening).close()).map((closing) => closing.catch(() => undefined)),
    );
  }

  #connected(to: RabbitQueue): Promise<Open> {
    const key = keyOf(to);
    const existing = this.#open.get(key);
    if (existing) return existing;
    const opening = this.#connect(to, key);
    this.#open.set(key, opening);
    return opening;
  }

  async #connect(to: RabbitQueue, key: string): Promise<Open> {
    const connection = await connectToRabbit(to);
    connection.once('close', () => this.#open.delete(key));
    const channel = await connection.createConfirmChannel();
    channel.on('error', () => undefined);
    return { channel, known: new Set(), close: () => connection.close() };
  }

  /** The next message opens a new connection. */
  #forget(to: RabbitQueue): void {
    const opening = this.#open.get(keyOf(to));
    this.#open.delete(keyOf(to));
    void opening?.then((open) => open.close()).catch(() => undefined);
  }
}

function keyOf({ url, trustAnyCertificate }: RabbitQueue): string {
  return `${url} ${trustAnyCertificate}`;
}

async function confirmed({ channel, known }: Open, queue: string, content: Buffer): Promise<void> {
  if (!known.has(queue)) {
    await channel.checkQueue(queue);
    known.add(queue);
  }
  await publishConfirmed(channel, queue, content, {});
}
