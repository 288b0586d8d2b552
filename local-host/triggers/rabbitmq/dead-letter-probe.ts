/**
 * Finds out whether a queue has a dead-letter exchange, which AMQP has no question for. The queue is declared with an
 * argument that no queue can have, so that nothing can come of it, and the refusal tells what the queue has instead. Other
 * differences are refused first; each names the real value, and the next try gives it.
 */
import type { ChannelModel } from 'amqplib';
import { messageOf } from '../../brokers/broker-sdk';

/** `unknown` when the broker's answer says neither. A dead-letter exchange set by a policy shows as `none`. */
export type DeadLettering = 'named' | 'none' | 'unknown';

const ARGUMENT = 'x-dead-letter-exchange';
const MOST_TRIES = 12;
const MISMATCH = /inequivalent arg '([^']+)' .* but current is (none|(?:the value )?'([^']*)'(?: of type '([^']*)')?)/;

export async function probeDeadLettering(connection: ChannelModel, queue: string): Promise<DeadLettering> {
  let durable = true;
  let autoDelete = false;
  const args: Record<string, unknown> = {};
  for (let attempt = 0; attempt < MOST_TRIES; attempt++) {
    const refusal = await refusalOf(connection, queue, {
      durable,
      autoDelete,
      // Not text, hence valid for no queue.
      arguments: { ...args, [ARGUMENT]: 1 },
    });
    const [, name, current, value = '', type] = MISMATCH.exec(refusal) ?? [];
    if (name === undefined) return 'unknown';
    if (name === ARGUMENT) return current === 'none' ? 'none' : 'named';
    if (name === 'durable') durable = value === 'true';
    else if (name === 'auto_delete') autoDelete = value === 'true';
    else if (current === 'none') return 'unknown';
    else args[name] = typed(value, type);
  }
  return 'unknown';
}

async function refusalOf(
  connection: ChannelModel,
  queue: string,
  options: { readonly durable: boolean; readonly autoDelete: boolean; readonly arguments: object },
): Promise<string> {
  // A refusal closes its channel, so each try has one of its own.
  const channel = await connection.createChannel();
  channel.on('error', () => undefined);
  try {
    await channel.assertQueue(queue, options);
    await channel.close();
    return '';
  } catch (error) {
    return messageOf(error);
  }
}

function typed(value: string, type: string | undefined): unknown {
  if (type === 'longstr') return value;
  if (type === 'bool') return value === 'true';
  return Number(value);
}
