import type { PartitionContext, ReceivedEventData } from '@azure/event-hubs';
import type { RpcData } from '../../rpc-data';
import { dotnetUtcTime } from '../../storage/dotnet-time';
import { mergeJsonProperties } from '../../storage/json-metadata';

type Events = readonly ReceivedEventData[];

export function isBinary(dataType: unknown): boolean {
  const wanted = typeof dataType === 'string' ? dataType.toLowerCase() : '';
  return wanted === 'binary' || wanted === 'stream';
}

export function singleInput(event: ReceivedEventData, binary: boolean): RpcData {
  return binary ? { bytes: bodyOf(event) } : { string: bodyOf(event).toString('utf8') };
}

export function batchInput(events: Events, binary: boolean): RpcData {
  return binary
    ? { collectionBytes: { bytes: events.map(bodyOf) } }
    : { collectionString: { string: events.map((event) => bodyOf(event).toString('utf8')) } };
}

/** Metadata of one event, then the JSON fields of its body, which override them. */
export function singleMetadata(event: ReceivedEventData, context: PartitionContext): Record<string, RpcData> {
  return mergeJsonProperties(
    {
      PartitionContext: partitionContext(context),
      ...(event.partitionKey === null ? {} : { PartitionKey: { string: event.partitionKey } }),
      Offset: { string: event.offset },
      SequenceNumber: { int: event.sequenceNumber },
      EnqueuedTimeUtc: { string: dotnetUtcTime(event.enqueuedTimeUtc) },
      Properties: { json: JSON.stringify(propertiesOf(event)) },
      SystemProperties: { json: JSON.stringify(systemProperties(event)) },
    },
    bodyOf(event).toString('utf8'),
  );
}

/** Metadata of several events: one array for each field. */
export function batchMetadata(events: Events, context: PartitionContext): Record<string, RpcData> {
  const all = (of: (event: ReceivedEventData) => unknown): RpcData => ({ json: JSON.stringify(events.map(of)) });
  return {
    PartitionContext: partitionContext(context),
    PartitionKeyArray: all(({ partitionKey }) => partitionKey),
    OffsetArray: all(({ offset }) => offset),
    SequenceNumberArray: all(({ sequenceNumber }) => sequenceNumber),
    EnqueuedTimeUtcArray: all(({ enqueuedTimeUtc }) => dotnetUtcTime(enqueuedTimeUtc)),
    PropertiesArray: all(propertiesOf),
    SystemPropertiesArray: all(systemProperties),
  };
}

/** The line that the extension adds to the log of each run. */
export function triggerDetails(events: Events, { partitionId }: PartitionContext): string {
  const [first, last] = [events[0], events.at(-1)];
  if (first === undefined || last === undefined) return '';
  const range = (of: (event: ReceivedEventData) => unknown): string => `${String(of(first))}-${String(of(last))}`;
  return `Trigger Details: PartitionId: ${partitionId}, Offset: ${range((e) => e.offset)}, EnqueueTimeUtc: ${range((e) => dotnetUtcTime(e.enqueuedTimeUtc))}, SequenceNumber: ${range((e) => e.sequenceNumber)}, Count: ${events.length}`;
}

/** The bytes of the event; one that a sender gave as an AMQP value comes as JSON. */
function bodyOf({ body }: ReceivedEventData): Buffer {
  const given: unknown = body;
  if (given instanceof Uint8Array) return Buffer.from(given);
  if (given === undefined || given === null) return Buffer.alloc(0);
  return Buffer.from(typeof given === 'string' ? given : JSON.stringify(given), 'utf8');
}

function propertiesOf({ properties }: ReceivedEventData): object {
  return properties ?? {};
}

function systemProperties(event: ReceivedEventData): object {
  return {
    ...event.systemProperties,
    SequenceNumber: event.sequenceNumber,
    Offset: event.offset,
    PartitionKey: event.partitionKey,
    EnqueuedTimeUtc: dotnetUtcTime(event.enqueuedTimeUtc),
  };
}

function partitionContext(context: PartitionContext): RpcData {
  const { fullyQualifiedNamespace, eventHubName, consumerGroup, partitionId } = context;
  return {
    json: JSON.stringify({
      FullyQualifiedNamespace: fullyQualifiedNamespace,
      EventHubName: eventHubName,
      ConsumerGroup: consumerGroup,
      PartitionId: partitionId,
    }),
  };
}
