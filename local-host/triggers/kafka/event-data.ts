import type { IHeaders, KafkaMessage } from 'kafkajs';
import type { RpcData } from '../../rpc-data';
import { dotnetUtcTime } from '../../storage/dotnet-time';

/** One record of a partition. */
export interface KafkaEvent {
  readonly topic: string;
  readonly partition: number;
  readonly message: KafkaMessage;
}

export interface EventForm {
  /** `binary` and `stream` hand on the value's bytes alone; everything else the event as JSON text. */
  readonly binary: boolean;
  /** How a key is written: `string`, `binary`, `int` or `long`. */
  readonly keyType: string;
}

export function eventForm(dataType: unknown, keyDataType: unknown): EventForm {
  const wanted = typeof dataType === 'string' ? dataType.toLowerCase() : '';
  return {
    binary: wanted === 'binary' || wanted === 'stream',
    keyType: typeof keyDataType === 'string' ? keyDataType.toLowerCase() : 'string',
  };
}

export function singleInput(event: KafkaEvent, form: EventForm): RpcData {
  return form.binary ? { bytes: bytesOf(event) } : { string: eventJson(event, form) };
}

export function batchInput(events: readonly KafkaEvent[], form: EventForm): RpcData {
  return form.binary
    ? { collectionBytes: { bytes: events.map(bytesOf) } }
    : { collectionString: { string: events.map((event) => eventJson(event, form)) } };
}

/** Metadata of one event as recorded from the real host, where a flag comes as text. */
export function singleMetadata(event: KafkaEvent, form: EventForm): Record<string, RpcData> {
  const { topic, partition, message } = event;
  const key = keyOf(message.key, form);
  const text = message.value?.toString('utf8');
  return {
    ...(key === null ? {} : { Key: typeof key === 'string' ? { string: key } : { json: JSON.stringify(key) } }),
    Partition: { int: partition },
    Topic: { string: topic },
    Timestamp: { string: timeOf(message) },
    Offset: { int: Number(message.offset) },
    Headers: { json: JSON.stringify(headersOf(message.headers)) },
    LeaderEpoch: { int: leaderEpochOf(message) },
    IsPartitionEOF: { string: 'False' },
    ...(form.binary || text === undefined ? {} : { Value: { string: text } }),
  };
}

/** Metadata of several events: one array for each field. */
export function batchMetadata(events: readonly KafkaEvent[], form: EventForm): Record<string, RpcData> {
  const all = (of: (event: KafkaEvent) => unknown): RpcData => ({ json: JSON.stringify(events.map(of)) });
  return {
    KeyArray: all(({ message }) => keyOf(message.key, form)),
    PartitionArray: all(({ partition }) => partition),
    TopicArray: all(({ topic }) => topic),
    TimestampArray: all(({ message }) => timeOf(message)),
    OffsetArray: all(({ message }) => Number(message.offset)),
    HeadersArray: all(({ message }) => headersOf(message.headers)),
    LeaderEpochArray: all(({ message }) => leaderEpochOf(message)),
    IsPartitionEOFArray: all(() => false),
  };
}

function eventJson({ topic, partition, message }: KafkaEvent, form: EventForm): string {
  return JSON.stringify({
    Offset: Number(message.offset),
    Partition: partition,
    Topic: topic,
    Timestamp: timeOf(message),
    Value: message.value?.toString('utf8') ?? null,
    LeaderEpoch: leaderEpochOf(message),
    IsPartitionEOF: false,
    Key: keyOf(message.key, form),
    Headers: headersOf(message.headers),
  });
}

function bytesOf({ message }: KafkaEvent): Uint8Array {
  return message.value ?? Buffer.alloc(0);
}

function timeOf(message: KafkaMessage): string {
  return dotnetUtcTime(Number(message.timestamp));
}

function keyOf(key: Buffer | null, { keyType }: EventForm): string | number | null {
  if (key === null) return null;
  if (keyType === 'binary') return key.toString('base64');
  if (keyType === 'int' && key.length === 4) return key.readInt32BE();
  if (keyType === 'long' && key.length === 8) return Number(key.readBigInt64BE());
  return key.toString('utf8');
}

/** Values of headers are bytes, which JSON holds as base64. */
function headersOf(headers: IHeaders | undefined): { Key: string; Value: string | null }[] {
  return Object.entries(headers ?? {}).flatMap(([name, values]) =>
    (Array.isArray(values) ? values : [values]).map((value) => ({
      Key: name,
      Value: value === undefined ? null : Buffer.from(value).toString('base64'),
    })),
  );
}

/** Of the record batch; the client's types do not show it. */
function leaderEpochOf(message: KafkaMessage): number {
  const { batchContext } = message as { readonly batchContext?: { readonly partitionLeaderEpoch?: number } };
  return batchContext?.partitionLeaderEpoch ?? 0;
}
