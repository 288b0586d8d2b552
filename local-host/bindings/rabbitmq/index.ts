/** RabbitMQ output. */
import type { BindingPlugin, HostContext } from '../../plugin';
import { rabbitQueue } from '../../brokers/rabbitmq-connection';
import { resolveExpression } from '../../storage/binding-expression';
import { messagesOf } from '../../output-messages';
import { RabbitPublisher } from './publisher';

interface Publishing {
  readonly publisher: RabbitPublisher;
  /** Queues that the developer has been told about. */
  readonly warned: Set<string>;
}

const publishing = new WeakMap<HostContext, Publishing>();

/**
 * Output `rabbitMQ`. Options `queueName` (with `%SETTING%` and `{expression}`), `connectionStringSetting`. Messages go to the
 * queue of that name, which must exist, in the order that the function gave.
 */
export const rabbitMqBinding: BindingPlugin = {
  type: 'rabbitmq',
  async output(binding, data, metadata, context) {
    const given = binding['queueName'];
    const queueName = typeof given === 'string' ? resolveExpression(given, metadata, context) : given;
    const to = rabbitQueue({ ...binding, queueName }, context);
    const { publisher, warned } = publishingOf(context);
    for (const message of messagesOf(data))
      await publisher.publish(to, typeof message === 'string' ? Buffer.from(message, 'utf8') : message);
    if (warned.has(to.queue)) return;
    warned.add(to.queue);
    context.log.warning(
      `Messages of the output binding for queue '${to.queue}' are not persistent, as in Azure: a restart of the broker loses them. Where that matters, publish with a client of your own and deliveryMode 2.`,
    );
  },
  async stop(context) {
    await publishing.get(context)?.publisher.close();
    publishing.delete(context);
  },
};

function publishingOf(context: HostContext): Publishing {
  let known = publishing.get(context);
  if (!known) publishing.set(context, (known = { publisher: new RabbitPublisher(context.clock), warned: new Set() }));
  return known;
}
