/**
 * What must exist at RabbitMQ. The Functions trigger declares nothing, and rejects a message whose function failed five times:
 * that goes to the dead-letter exchange, and from there into a queue whose trigger brings it into the dead-letter store.
 */
import type { Channel, Options } from 'amqplib';

export const EVENTS = 'blob.events';
export const ERRORS = 'blob.error';
/** What the host gave up. */
export const POISON = 'blob.events-poison';
export const DEAD_LETTER_EXCHANGE = 'blob.dead-letter';

const QUEUES: readonly { readonly name: string; readonly options: Options.AssertQueue }[] = [
  { name: ERRORS, options: { durable: true } },
  // Rejected once more, it comes to its own end again: only its function's success takes a message out.
  { name: POISON, options: { durable: true, deadLetterExchange: DEAD_LETTER_EXCHANGE } },
  { name: EVENTS, options: { durable: true, deadLetterExchange: DEAD_LETTER_EXCHANGE } },
];

/** Declares all of it; what is there as it should be stays untouched. @throws Error that names a queue that is there otherwise */
export async function declareTopology(channel: Channel): Promise<void> {
  await channel.assertExchange(DEAD_LETTER_EXCHANGE, 'fanout', { durable: true });
  for (const { name, options } of QUEUES) await channel.assertQueue(name, options);
  await channel.bindQueue(POISON, DEAD_LETTER_EXCHANGE, '');
}
