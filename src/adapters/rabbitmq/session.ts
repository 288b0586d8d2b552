/** One connection with a channel that confirms, opened at first use and anew after it was lost. */
import type { ChannelModel, ConfirmChannel } from 'amqplib';

const CONNECT_MS = 10_000;
const CLOSE_MS = 2_000;

export interface Session {
  readonly channel: ConfirmChannel;
  /** Rejects when the connection or its channel is gone, with the reason. Never resolves. */
  readonly lost: Promise<never>;
}

export class RabbitSessions {
  readonly #url: string;
  #open: Promise<Session & { readonly connection: ChannelModel }> | undefined;

  constructor(url: string) {
    this.#url = url;
  }

  /** @throws Error when the broker cannot be reached or refuses us */
  async current(): Promise<Session> {
    const opening = (this.#open ??= this.#connect());
    try {
      return await opening;
    } catch (error) {
      if (this.#open === opening) this.#open = undefined;
      throw error;
    }
  }

  /** For what may close its channel, as a question for a queue that is not there does. */
  async apart<T>(work: (channel: ConfirmChannel) => Promise<T>): Promise<T> {
    await this.current();
    const connection = (await this.#open)?.connection;
    if (!connection) throw new Error('The connection to RabbitMQ was lost.');
    const channel = await connection.createConfirmChannel();
    channel.on('error', () => undefined);
    try {
      return await work(channel);
    } finally {
      await channel.close().catch(() => undefined);
    }
  }

  /** The next use opens a new one. Waits no longer for the broker's good-bye than it may take: a dead line brings none. */
  async drop(): Promise<void> {
    const open = await this.#open?.catch(() => undefined);
    this.#open = undefined;
    if (!open) return;
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<void>((resolve) => (timer = setTimeout(resolve, CLOSE_MS)));
    await Promise.race([open.connection.close(), open.lost, tooLate]).catch(() => undefined);
    clearTimeout(timer);
  }

  async #connect(): Promise<Session & { readonly connection: ChannelModel }> {
    const { connect } = require('amqplib') as typeof import('amqplib');
    const connection = await connect(this.#url, {
      timeout: CONNECT_MS,
      clientProperties: { connection_name: 'sluice blob events' },
    });
    let cause = 'the connection was closed';
    // What ends a connection or channel shows in its `close`; an unheard `error` would end the process.
    connection.on('error', (error: Error) => void (cause = error.message));
    const lost = new Promise<never>((_resolve, reject) => {
      connection.once('close', () => {
        this.#open = undefined;
        reject(new Error(`The connection to RabbitMQ was lost: ${cause}.`));
      });
    });
    lost.catch(() => undefined);
    const channel = await connection.createConfirmChannel();
    channel.on('error', (error: Error) => void (cause = error.message));
    // One without the other is of no use.
    channel.once('close', () => void connection.close().catch(() => undefined));
    return { connection, channel, lost };
  }
}
