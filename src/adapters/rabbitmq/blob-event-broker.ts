/**
 * {@link BlobEventBroker} on RabbitMQ. A message is published when the broker confirmed that a durable queue has it; over a
 * connection that was lost meanwhile it is published again on a new one, hence possibly twice, under the same id.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Options } from 'amqplib';
import type { BlobEventBroker, OutgoingMessage } from '../../ports/blob-event-broker';
import { messageOf } from '../../telemetry/logger';
import { RabbitSessions, type Session } from './session';
import { declareTopology, ERRORS, EVENTS } from './topology';

/** Tries of one publication, 0.1, 0.2, 0.4 … s apart. */
const TRIES = 6;
const FIRST_DELAY_MS = 100;
/** A broker that is short of memory or disk takes messages and confirms none. */
const CONFIRM_MS = 30_000;

/** `describes`: for people, without a secret. */
export function createRabbitBroker({
  url,
  describes,
}: {
  readonly url: string;
  readonly describes: string;
}): BlobEventBroker {
  const sessions = new RabbitSessions(url);
  const stopping = new AbortController();

  async function send(queue: string, messages: readonly OutgoingMessage[]): Promise<void> {
    const left = new Map(messages.map((message, at) => [at, message]));
    for (let attempt = 1; left.size > 0; attempt++) {
      let session: Session | undefined;
      try {
        session = await sessions.current();
        const { channel, lost } = session;
        const returned = new Set<string>();
        const onReturn = ({ properties }: { properties: { messageId?: unknown } }): void =>
          void returned.add(String(properties.messageId));
        channel.on('return', onReturn);
        try {
          const confirmed = [...left].map(
            ([at, message]) =>
              new Promise<void>((resolve, reject) => {
                channel.sendToQueue(queue, Buffer.from(message.text), propertiesOf(message), (error: unknown) => {
                  if (error !== null && error !== undefined) reject(new Error(messageOf(error)));
                  // A message that no queue took is returned before it is confirmed.
                  else if (returned.has(message.id)) reject(new MissingQueue(queue));
                  else {
                    left.delete(at);
                    resolve();
                  }
                });
              }),
          );
          await Promise.race([allSettled(confirmed), lost, tooLate()]);
        } finally {
          channel.off('return', onReturn);
        }
      } catch (error) {
        if (error instanceof MissingQueue || attempt >= TRIES || stopping.signal.aborted)
          throw new Error(`RabbitMQ (${describes}) did not take messages for ${queue}: ${messageOf(error)}`, {
            cause: error,
          });
        if (error instanceof LateConfirm && session) await sessions.drop(session);
        await delay(FIRST_DELAY_MS * 2 ** (attempt - 1), undefined, { signal: stopping.signal }).catch(() => undefined);
      }
    }
  }

  const length = (queue: string): Promise<number> =>
    sessions.apart(async (channel) => (await channel.checkQueue(queue)).messageCount);

  return {
    system: 'rabbitmq',
    queues: { events: EVENTS, errors: ERRORS },
    publish: (messages) => send(EVENTS, messages),
    publishError: (message) => send(ERRORS, [message]),
    lengths: async () => ({ events: await length(EVENTS), errors: await length(ERRORS) }),
    probe: {
      name: `RabbitMQ ${describes}`,
      check: (signal) => Promise.race([length(EVENTS).then(() => undefined), aborted(signal)]),
    },
    declare: () => sessions.apart(declareTopology),
    async stop() {
      stopping.abort();
      await sessions.stop();
    },
  };
}

class MissingQueue extends Error {
  override readonly name = 'MissingQueue';
  constructor(queue: string) {
    super(`queue ${queue} does not exist; npm run broker:declare makes it`);
  }
}

class LateConfirm extends Error {
  override readonly name = 'LateConfirm';
}

function propertiesOf({ id, headers }: OutgoingMessage): Options.Publish {
  return {
    messageId: id,
    headers: { ...headers },
    contentType: 'application/json',
    contentEncoding: 'utf-8',
    persistent: true,
    mandatory: true,
  };
}

/** Waits for all, then rejects with the first reason, so that no confirm is left behind unheard. */
async function allSettled(confirmed: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(confirmed)).find((outcome) => outcome.status === 'rejected');
  if (failed) throw failed.reason as Error;
}

function tooLate(): Promise<never> {
  return new Promise((_resolve, reject) => {
    const timer = setTimeout(() => reject(new LateConfirm(`no confirm within ${CONFIRM_MS / 1000} s`)), CONFIRM_MS);
    timer.unref();
  });
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }),
  );
}
