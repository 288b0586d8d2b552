/** A queue's ready messages by AMQP: a passive declaration, whose answer counts them. One connection, kept between reads. */
import type { Channel, ChannelModel } from 'amqplib';
import { messageOf } from '../../brokers/broker-sdk';
import { connectToRabbit, isMissingQueue } from '../../brokers/rabbitmq-connection';
import type { QueueLength } from './rabbitmq-queue-length';

export interface RabbitAmqpQueueOptions {
  readonly host: URL;
  readonly vhost: string | undefined;
  readonly queueName: string;
  readonly trustAnyCertificate: boolean;
}

export class RabbitAmqpQueue implements QueueLength {
  readonly #options: RabbitAmqpQueueOptions;
  readonly #url: string;
  #connection: ChannelModel | undefined;
  #channel: Channel | undefined;
  /** Counts closings: what was begun before the last one is for nobody. */
  #closings = 0;

  constructor(options: RabbitAmqpQueueOptions) {
    this.#options = options;
    const url = new URL(options.host);
    if (options.vhost !== undefined) url.pathname = `/${encodeURIComponent(options.vhost)}`;
    this.#url = url.toString();
  }

  async count(signal: AbortSignal): Promise<number> {
    const { queueName, host } = this.#options;
    // One who gave up waiting must not leave a connection that answers into nowhere.
    const onAbort = (): void => void this.close();
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      const channel = await this.#open();
      return (await channel.checkQueue(queueName)).messageCount;
    } catch (error) {
      await this.close();
      if (isMissingQueue(error))
        throw new Error(`${host.host} knows no queue '${queueName}' in this virtual host.`, { cause: error });
      throw new Error(`${host.host} does not answer (${messageOf(error)}). Check the host, and that RabbitMQ runs.`, {
        cause: error,
      });
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  async close(): Promise<void> {
    this.#closings++;
    const connection = this.#connection;
    this.#connection = this.#channel = undefined;
    await connection?.close().catch(() => undefined);
  }

  async #open(): Promise<Channel> {
    if (this.#channel) return this.#channel;
    const { queueName, trustAnyCertificate } = this.#options;
    const before = this.#closings;
    const connection = await connectToRabbit({ url: this.#url, queue: queueName, trustAnyCertificate });
    if (this.#closings > before) {
      await connection.close().catch(() => undefined);
      throw new Error('the connection was given up');
    }
    this.#connection = connection;
    connection.on('close', () => {
      if (this.#connection === connection) this.#connection = this.#channel = undefined;
    });
    const channel = await connection.createChannel();
    channel.on('error', () => undefined);
    this.#channel = channel;
    return channel;
  }
}
