import { app, trigger, type InvocationContext } from '@azure/functions';
import type { App } from '../composition';
import type { KafkaAccess } from '../config/order-backends';
import type { IncomingOrder } from '../intake/orders/order-work';
import { withInvocationLog } from '../telemetry/logger';
import { bodiesOf, fieldOfEach, positionOf, timeOf, traceparentOf } from './batch-metadata';
import { untilSettled } from './until-settled';

/** Orders from a Kafka topic, many at a time (O1). */
export function registerOrdersFromKafka({ orders }: App, kafka: KafkaAccess): void {
  app.generic('orders-from-kafka', {
    trigger: trigger.generic({ type: 'kafkaTrigger', cardinality: 'MANY', dataType: 'binary', ...bindingOf(kafka) }),
    retry: untilSettled,
    handler: (bodies: unknown, context: InvocationContext) =>
      withInvocationLog(context, () => orders.settle(kafkaOrders(kafka.topic, bodies, context))),
  });
}

const PROTOCOLS = { plaintext: 'Plaintext', ssl: 'Ssl', sasl_plaintext: 'SaslPlaintext', sasl_ssl: 'SaslSsl' } as const;

/** Secrets by name: what is registered can be read through the host's admin interface. */
function bindingOf({ brokers, topic, group, protocol, credentials, authority }: KafkaAccess): Record<string, string> {
  return {
    brokerList: brokers.join(','),
    topic,
    consumerGroup: group,
    protocol: PROTOCOLS[protocol],
    ...(credentials ? { authenticationMode: 'Plain', username: '%KAFKA_USERNAME%', password: '%KAFKA_PASSWORD%' } : {}),
    ...(authority?.kind === 'file' ? { sslCaLocation: authority.value } : {}),
    ...(authority?.kind === 'pem' ? { sslCaPEM: '%KAFKA_SSL_CA%' } : {}),
  };
}

function kafkaOrders(topic: string, bodies: unknown, context: InvocationContext): IncomingOrder[] {
  const metadata = context.triggerMetadata;
  const partition = fieldOfEach(metadata, 'partitionArray');
  const offset = fieldOfEach(metadata, 'offsetArray');
  const timestamp = fieldOfEach(metadata, 'timestampArray');
  const headers = fieldOfEach(metadata, 'headersArray');
  return bodiesOf(bodies).map((payload, i) => {
    const traceparent = traceparentOf(headerOf(headers(i), 'traceparent'));
    const position = positionOf(partition(i), offset(i), context, i);
    return {
      payload,
      origin: {
        ...{ backend: 'kafka', source: topic, position, enqueuedAt: timeOf(timestamp(i)) },
        ...(traceparent === undefined ? {} : { traceparent }),
      },
    };
  });
}

/** Values of Kafka headers are bytes, which come as base64. */
function headerOf(headers: unknown, name: string): string | undefined {
  const found = (Array.isArray(headers) ? (headers as { key?: unknown; value?: unknown }[]) : []).find(
    ({ key }) => key === name,
  );
  return typeof found?.value === 'string' ? Buffer.from(found.value, 'base64').toString('utf8') : undefined;
}
