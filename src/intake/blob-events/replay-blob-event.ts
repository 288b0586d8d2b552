import { parseBlobEvent } from '../../domain/blob-events/blob-event';
import { fromEnvelope, headersOf } from '../../domain/blob-events/delivery';
import type { BlobEventBroker } from '../../ports/blob-event-broker';
import { messageAttributes, spans } from '../../telemetry/names';
import { inSpan, SpanKind, traceIdOf } from '../../telemetry/tracing';

/** A dead letter's message back into the broker, into the trace that it came from. `id`: of the queue message that brought it. */
export type ReplayBlobEvent = (text: string, id: string) => Promise<void>;

export function createReplayBlobEvent(broker: BlobEventBroker): ReplayBlobEvent {
  return async (envelope, id) => {
    const { headers, text } = fromEnvelope(envelope);
    const options = {
      kind: SpanKind.PRODUCER,
      attributes: messageAttributes({
        ...{ system: broker.system, destination: broker.queues.events, operation: 'send' },
        pipeline: 'blob-events',
      }),
      links: headers.traceparent === undefined ? [] : [headers.traceparent],
    };
    await inSpan(spans.blobPublish, options, async () => {
      const outgoing = headersOf({ ...headers, retries: 0 }, traceIdOf(headers.traceparent) ?? '');
      const parsed = parseBlobEvent(text);
      const known = parsed.kind === 'move' ? parsed.move.id : id;
      await broker.publish([{ id: known, text: asJson(text), headers: outgoing }]);
    });
  };
}

/** What is no JSON goes as a JSON text: brokers without headers put messages into an envelope. */
function asJson(text: string): string {
  try {
    JSON.parse(text);
    return text;
  } catch {
    return JSON.stringify(text);
  }
}
