import type { ConsumeMessage, MessageProperties } from 'amqplib';
import type { RpcData } from '../../rpc-data';
import { mergeJsonProperties } from '../../storage/json-metadata';

/** What the binding asks for: `binary` and `stream` hand on the bytes, everything else text. */
export function messageInput(content: Buffer, dataType: unknown): RpcData {
  const wanted = typeof dataType === 'string' ? dataType.toLowerCase() : '';
  return wanted === 'binary' || wanted === 'stream' ? { bytes: content } : { string: content.toString('utf8') };
}

/** The metadata recorded from the real host: the delivery's fields, then the JSON fields of the body, which override them. */
export function messageMetadata({ fields, properties, content }: ConsumeMessage): Record<string, RpcData> {
  return mergeJsonProperties(
    {
      ConsumerTag: { string: fields.consumerTag },
      DeliveryTag: { int: fields.deliveryTag },
      Redelivered: { json: JSON.stringify(fields.redelivered) },
      Exchange: { string: fields.exchange },
      RoutingKey: { string: fields.routingKey },
      BasicProperties: { json: JSON.stringify(basicProperties(properties)) },
      // A .NET memory block shows no content.
      Body: { json: JSON.stringify({ Length: content.length, IsEmpty: content.length === 0 }) },
    },
    content.toString('utf8'),
  );
}

/** The properties as .NET's client names them. It reads text in headers as bytes, which come out as base64. */
function basicProperties(given: MessageProperties): Readonly<Record<string, unknown>> {
  return {
    AppId: text(given.appId),
    ClusterId: text(given.clusterId),
    ContentEncoding: text(given.contentEncoding),
    ContentType: text(given.contentType),
    CorrelationId: text(given.correlationId),
    DeliveryMode: number(given.deliveryMode),
    Expiration: text(given.expiration),
    Headers: given.headers === undefined ? null : headerValue(given.headers),
    MessageId: text(given.messageId),
    Persistent: given.deliveryMode === 2,
    Priority: number(given.priority),
    ReplyTo: text(given.replyTo),
    Timestamp: { UnixTime: number(given.timestamp) },
    Type: text(given.type),
    UserId: text(given.userId),
  };
}

function headerValue(value: unknown): unknown {
  if (typeof value === 'string') return Buffer.from(value, 'utf8').toString('base64');
  if (Buffer.isBuffer(value)) return value.toString('base64');
  if (Array.isArray(value)) return value.map(headerValue);
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, headerValue(inner)]));
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function number(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}
