/** A queue's length as RabbitMQ's management plugin tells it. */
import http from 'node:http';
import https from 'node:https';
import { messageOf } from '../../brokers/broker-sdk';
import type { QueueLength } from './rabbitmq-queue-length';

export interface RabbitManagedQueueOptions {
  /** With user and password. The last part of its path is the virtual host unless one is given. */
  readonly host: URL;
  readonly vhost: string | undefined;
  readonly queueName: string;
  /** Without what is delivered and not acknowledged yet. */
  readonly readyOnly: boolean;
  readonly trustAnyCertificate: boolean;
}

/** A queue's figures are some kilobytes. */
const LARGEST_ANSWER = 1024 * 1024;
const ABSENT =
  'Enable the management plugin (rabbitmq-plugins enable rabbitmq_management), or use protocol amqp in a manifest of your own.';

export class RabbitManagedQueue implements QueueLength {
  readonly #options: RabbitManagedQueueOptions;
  readonly #url: URL;

  constructor(options: RabbitManagedQueueOptions) {
    this.#options = options;
    this.#url = queueAddress(options);
  }

  async count(signal: AbortSignal): Promise<number> {
    const { queueName, readyOnly } = this.#options;
    const { status, body } = await this.#get(signal);
    if (status === 401) throw new Error(`${this.#url.host} refuses user or password (401).`);
    if (status === 404) throw new Error(`${this.#url.host} knows no queue '${queueName}' in this virtual host (404).`);
    if (status !== 200) throw new Error(`${this.#url.host} answers ${status}. ${ABSENT}`);
    const field = readyOnly ? 'messages_ready' : 'messages';
    const answer = parse(body);
    if (answer === undefined) throw new Error(`${this.#url.host} answers no JSON. ${ABSENT}`);
    // A queue that was declared this moment has no figures yet.
    const count = answer[field] ?? 0;
    if (typeof count !== 'number' || !Number.isFinite(count) || count < 0)
      throw new Error(`${this.#url.host} answers no number as '${field}'.`);
    return count;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #get(signal: AbortSignal): Promise<{ status: number; body: string }> {
    const { host, trustAnyCertificate } = this.#options;
    const auth = `${decodeURIComponent(host.username)}:${decodeURIComponent(host.password)}`;
    const { get } = this.#url.protocol === 'https:' ? https : http;
    return new Promise((resolve, reject) => {
      const fail = (error: unknown): void =>
        reject(new Error(`${this.#url.host} does not answer (${messageOf(error)}). ${ABSENT}`, { cause: error }));
      const request = get(
        this.#url,
        { auth, signal, agent: false, ...(trustAnyCertificate ? { rejectUnauthorized: false } : {}) },
        (response) => {
          const chunks: Buffer[] = [];
          let size = 0;
          response.on('data', (chunk: Buffer) => {
            size += chunk.length;
            if (size > LARGEST_ANSWER) response.destroy(new Error('the answer is over 1 MiB'));
            else chunks.push(chunk);
          });
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }),
          );
          response.on('error', fail);
        },
      );
      request.on('error', fail);
    });
  }
}

function queueAddress({ host, vhost, queueName }: RabbitManagedQueueOptions): URL {
  const url = new URL(host);
  const parts = url.pathname.split('/').filter((part) => part !== '');
  const last = parts.pop();
  const where = vhost === undefined ? (last ?? '%2F') : encodeURIComponent(vhost);
  url.username = url.password = url.search = url.hash = '';
  url.pathname = [...parts, 'api', 'queues', where, encodeURIComponent(queueName)].join('/');
  return url;
}

function parse(body: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
