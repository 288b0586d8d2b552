/**
 * One connection with a channel that confirms, opened at first use and anew after it was lost.
 *
 * Invariants: 1. one that is lost or dropped takes nothing but its own place: whoever opened the next keeps it. 2. After `stop` none
 * is open, and none is opened.
 */
import type { ChannelModel, ConfirmChannel } from 'amqplib';

const CONNECT_MS = 10_000;
const CLOSE_MS = 2_000;

export interface Session {
  readonly channel: ConfirmChannel;
  /** Rejects when the connection or its channel is gone, with the reason. Never resolves. */
  readonly lost: Promise<never>;
}

interface OpenSession extends Session {
  readonly connection: ChannelModel;
}

export class RabbitSessions {
  readonly #url: string;
  #open: Promise<OpenSession> | undefined;
  /** What `#open` came to. */
  #current: OpenSession | undefined;
  #stopped = false;

  constructor(url: string) {
    this.#url = url;
  }

  /** @throws Error when the broker cannot be reached or refuses us, or `stop` was called */
  current(): Promise<Session> {
    return this.#opened();
  }

  /** For what may close its channel, as a question for a queue that is not there does. */
  async apart<T>(work: (channel: ConfirmChannel) => Promise<T>): Promise<T> {
    const { connection } = await this.#opened();
    const channel = await connection.createConfirmChannel();
    channel.on('error', () => undefined);
    try {
      return await work(channel);
    } finally {
      await channel.close().catch(() => undefined);
    }
  }

  /** Ends this one, which is of no use; the next use opens another. */
  async drop(session: Session): Promise<void> {
    const open = this.#current;
    if (open !== session) return;
    this.#open = this.#current = undefined;
    await closed(open);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    const open = await this.#open?.catch(() => undefined);
    this.#open = this.#current = undefined;
    if (open) await closed(open);
  }

  async #opened(): Promise<OpenSession> {
    if (this.#stopped) throw new Error('The connection to RabbitMQ was stopped.');
    const opening = (this.#open ??= this.#connect());
    try {
      return await opening;
    } catch (error) {
      if (this.#open === opening) this.#open = undefined;
      throw error;
    }
  }

  async #connect(): Promise<OpenSession> {
    const { connect } = require('amqplib') as typeof import('amqplib');
    const connection = await connect(this.#url, {
      timeout: CONNECT_MS,
      clientProperties: { connection_name: 'sluice blob events' },
    });
    let cause = 'the connection was closed';
    const now: { session?: OpenSession; gone: boolean } = { gone: false };
    // What ends a connection or channel shows in its `close`; an unheard `error` would end the process.
    connection.on('error', (error: Error) => void (cause = error.message));
    const lost = new Promise<never>((_resolve, reject) => {
      connection.once('close', () => {
        now.gone = true;
        if (now.session !== undefined && this.#current === now.session) this.#open = this.#current = undefined;
        reject(new Error(`The connection to RabbitMQ was lost: ${cause}.`));
      });
    });
    lost.catch(() => undefined);
    try {
      const channel = await connection.createConfirmChannel();
      if (now.gone) return await lost;
      channel.on('error', (error: Error) => void (cause = error.message));
      // One without the other is of no use.
      channel.once('close', () => void connection.close().catch(() => undefined));
      return (this.#current = now.session = { connection, channel, lost });
    } catch (error) {
      await connection.close().catch(() => undefined);
      throw error;
    }
  }
}

/** Waits no longer for the broker's good-bye than it may take: a dead line brings none. */
async function closed({ connection, lost }: OpenSession): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<void>((resolve) => (timer = setTimeout(resolve, CLOSE_MS)));
  await Promise.race([connection.close(), lost, tooLate]).catch(() => undefined);
  clearTimeout(timer);
}
