/**
 * Takes messages from one RabbitMQ queue, one at a time, and has each processed, as the Functions extension does: it acks a
 * success, and publishes a failed message again at the end of the queue with a count, until the fifth failure rejects it.
 *
 * Invariants:
 * 1. A message is acked only after its function succeeded, or after the broker confirmed the copy for its next try.
 * 2. A function never runs for two messages at a time, not even across a lost connection: what runs ends first.
 * 3. Messages that were handed out go back when the consumer stops: those not begun, and those whose run fails from then on, which
 *    counts as no try.
 * 4. It declares nothing. A broker or queue that is not there is waited for.
 */
import type { ChannelModel, ConfirmChannel, ConsumeMessage, Options } from 'amqplib';
import { sleep, type Clock } from '../../clock';
import type { Log } from '../../log';
import { messageOf } from '../../brokers/broker-sdk';
import { connectToRabbit, isMissingQueue, publishConfirmed, type RabbitQueue } from '../../brokers/rabbitmq-connection';
import { reconnectDelayMs } from '../../brokers/reconnect-delay';
import { probeDeadLettering, type DeadLettering } from './dead-letter-probe';

/** The header in which the extension counts the tries of a message. */
const COUNT_HEADER = 'x-ms-rabbitmq-requeuecount';
const RUNS = 5;

export interface ConsumerOptions {
  readonly at: RabbitQueue;
  readonly prefetch: number;
  readonly clock: Clock;
  readonly log: Log;
  /** For the log. */
  readonly functionName: string;
  /** Whether the function succeeded. Never rejects. */
  readonly process: (message: ConsumeMessage) => Promise<boolean>;
}

export class RabbitConsumer {
  readonly #options: ConsumerOptions;
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #deadLettering: DeadLettering | undefined;
  #looking: Promise<void> = Promise.resolve();
  #lastProblem = '';

  constructor(options: ConsumerOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { clock } = this.#options;
    const { signal } = this.#stopping;
    let failures = 0;
    while (!signal.aborted) {
      try {
        await this.#session(() => (failures = 0));
      } catch (error) {
        this.#complain(error);
      }
      failures += 1;
      // Over at once when the consumer stops.
      await sleep(clock, reconnectDelayMs(failures), signal);
    }
  }

  /** From one connection to its end. */
  async #session(onConsuming: () => void): Promise<void> {
    const { at, log, prefetch, functionName } = this.#options;
    const { signal } = this.#stopping;
    const connection = await connectToRabbit(at);
    let inHand: Promise<void> = Promise.resolve();
    try {
      const channel = await connection.createConfirmChannel();
      const session = sessionEnd(connection, channel, signal);
      await channel.checkQueue(at.queue);
      await channel.prefetch(prefetch);
      const { consumerTag } = await channel.consume(at.queue, (message) => {
        // No message: the queue was deleted.
        if (message === null) session.end(`queue '${at.queue}' was deleted`);
        else inHand = inHand.then(() => (session.ended() ? undefined : this.#handle(channel, message, session)));
      });
      onConsuming();
      if (this.#lastProblem !== '') log.information(`Consuming queue '${at.queue}' for '${functionName}' again.`);
      this.#lastProblem = '';
      this.#looking = this.#lookForDeadLettering(connection);
      await this.#looking;
      const reason = await session.over;
      if (signal.aborted) await channel.cancel(consumerTag).catch(() => undefined);
      await inHand;
      if (!signal.aborted) throw new Error(reason);
    } finally {
      await inHand;
      await connection.close().catch(() => undefined);
    }
  }

  async #handle(channel: ConfirmChannel, message: ConsumeMessage, session: SessionEnd): Promise<void> {
    const succeeded = await this.#options.process(message);
    try {
      if (succeeded) channel.ack(message);
      // Let go rather than failed: with its connection it goes back, and counts as no try.
      else if (this.#stopping.signal.aborted) return;
      else await this.#tryAgain(channel, message);
    } catch (error) {
      // The channel is gone and the broker hands the message out again.
      session.end(messageOf(error));
    }
  }

  async #tryAgain(channel: ConfirmChannel, message: ConsumeMessage): Promise<void> {
    const { at, log, functionName } = this.#options;
    const runs = runsOf(message);
    if (runs >= RUNS) {
      channel.reject(message, false);
      // Quick failures may be over before the broker has said what becomes of them.
      await this.#looking;
      log.warning(this.#rejected(functionName, runs));
      return;
    }
    await publishConfirmed(channel, at.queue, message.content, propertiesOfCopy(message, runs));
    channel.ack(message);
  }

  #rejected(functionName: string, runs: number): string {
    const { queue } = this.#options.at;
    const said = `A message of queue '${queue}' was rejected after ${runs} failed runs of '${functionName}'`;
    if (this.#deadLettering === 'named') return `${said}; its dead-letter exchange has it.`;
    const lost = this.#deadLettering === 'none' ? 'and is lost' : 'and may be lost';
    return `${said} ${lost}, as in Azure. ${adviceFor(queue)}`;
  }

  /** Said before a message is lost, once. */
  async #lookForDeadLettering(connection: ChannelModel): Promise<void> {
    const { at, log, functionName } = this.#options;
    if (this.#deadLettering !== undefined) return;
    this.#deadLettering = await probeDeadLettering(connection, at.queue).catch(() => 'unknown' as const);
    if (this.#deadLettering !== 'none') return;
    log.warning(
      `Queue '${at.queue}' has no dead-letter exchange: a message that fails ${RUNS} runs of '${functionName}' is lost, as in Azure. ${adviceFor(at.queue)}`,
    );
  }

  #complain(error: unknown): void {
    const { at, log, functionName } = this.#options;
    const problem = isMissingQueue(error)
      ? `Queue '${at.queue}' does not exist, and the RabbitMQ trigger declares none. Declare it, for example: rabbitmqadmin declare queue name=${at.queue} durable=true. Waiting for it; in Azure '${functionName}' would stay in error until the app is started again.`
      : `RabbitMQ cannot be consumed for '${functionName}': ${messageOf(error)}. Trying again; check the broker and the address in the setting.`;
    if (problem !== this.#lastProblem) log.error(problem);
    this.#lastProblem = problem;
  }
}

/** All but the sender's name, which the broker takes from nobody else. */
function propertiesOfCopy({ properties }: ConsumeMessage, runs: number): Options.Publish {
  const copy: Options.Publish = { ...properties, headers: { ...properties.headers, [COUNT_HEADER]: runs } };
  delete copy.userId;
  return copy;
}

/** This run included. */
function runsOf({ properties }: ConsumeMessage): number {
  const count: unknown = properties.headers?.[COUNT_HEADER];
  return (typeof count === 'number' ? count : 0) + 1;
}

function adviceFor(queue: string): string {
  return `Declare '${queue}' with the argument x-dead-letter-exchange, or give it one by a policy.`;
}

interface SessionEnd {
  /** Resolves with the reason, when the channel or its connection is gone, the queue was deleted, or the consumer stops. */
  readonly over: Promise<string>;
  ended(): boolean;
  end(reason: string): void;
}

function sessionEnd(connection: ChannelModel, channel: ConfirmChannel, signal: AbortSignal): SessionEnd {
  let end: (reason: string) => void = () => undefined;
  let ended = false;
  let cause = 'the connection was closed';
  const over = new Promise<string>((resolve) => {
    end = (reason) => {
      ended = true;
      resolve(reason);
    };
  });
  const failed = (error: Error): void => void (cause = error.message);
  connection.on('error', failed);
  channel.on('error', failed);
  // Errors precede the close that they cause.
  channel.once('close', () => end(cause));
  connection.once('close', () => end(cause));
  signal.addEventListener('abort', () => end('stopped'), { once: true });
  if (signal.aborted) end('stopped');
  return { over, ended: () => ended, end: (reason) => end(reason) };
}
