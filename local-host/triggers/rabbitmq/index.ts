/** RabbitMQ trigger: one {@link RabbitConsumer} per function. */
import type { ConsumeMessage } from 'amqplib';
import type { TriggerPlugin } from '../../plugin';
import { rabbitQueue } from '../../brokers/rabbitmq-connection';
import { traceOf } from '../../brokers/trace-context';
import { RabbitConsumer } from './consumer';
import { messageInput, messageMetadata } from './message-data';
import { prefetchCount } from './settings';

/** Trigger `rabbitMQTrigger`. Options `queueName`, `connectionStringSetting`, `disableCertificateValidation`, `dataType`, `prefetchCount`. */
export const rabbitMqTrigger: TriggerPlugin = {
  type: 'rabbitmqtrigger',
  check(_fn, binding, context) {
    rabbitQueue(binding, context);
    prefetchCount(binding, context);
  },
  async start(fn, binding, context) {
    const at = rabbitQueue(binding, context);
    const process = async (message: ConsumeMessage): Promise<boolean> => {
      const traceContext = traceOf(
        message.properties.headers?.['traceparent'],
        message.properties.headers?.['tracestate'],
      );
      const { error } = await context.invoke(fn, {
        input: messageInput(message.content, binding['dataType']),
        triggerMetadata: messageMetadata(message),
        reason: `RabbitMQ message detected from queue: ${at.queue} at ${new Date(context.clock.now()).toISOString()}`,
        ...(traceContext ? { traceContext } : {}),
      });
      return error === undefined;
    };
    const { clock, log } = context;
    const consumer = new RabbitConsumer({
      ...{ at, clock, log, process, functionName: fn.name },
      prefetch: prefetchCount(binding, context),
    });
    consumer.start();
    return consumer;
  },
  manual: (_fn, binding, input) => ({
    input: messageInput(Buffer.from(input), binding['dataType']),
    triggerMetadata: {},
    reason: 'This function was programmatically called via the host APIs.',
  }),
};
