/**
 * A blob event in, and back only when its blob was moved, or a dead letter stands for it (B3): so the queue's length is the
 * work that is still to do. Starts the orchestration of the message's version, or waits for the one that runs.
 */
import { INCOMING_CONTAINER, parseBlobEvent, type BlobMove } from '../../domain/blob-events/blob-event';
import { headersOf, toEnvelope, type Delivery } from '../../domain/blob-events/delivery';
import type { GivenUp } from '../../domain/blob-events/given-up';
import { isSettled, MOVE_BLOB, moveInstanceId, type MoveBlobInput } from '../../domain/blob-events/move-blob';
import type { BlobEventBroker } from '../../ports/blob-event-broker';
import type { Orchestrations } from '../../ports/orchestrations';
import type { Logger } from '../../telemetry/logger';
import { count } from '../../telemetry/meters';
import { attributes, spans } from '../../telemetry/names';
import { inSpan, SpanKind, currentTraceparent, traceIdOf } from '../../telemetry/tracing';

export interface ReceivedBlobEvent extends Delivery {
  /** As the broker has it; of a message that is none of ours, all there is to tell it from others. */
  readonly id: string;
  /** What came, as it came. */
  readonly raw: string;
  /** Milliseconds since the epoch; the same at every delivery, where the broker tells it. */
  readonly insertedMs: number;
}

export interface ReceivePorts {
  readonly broker: Pick<BlobEventBroker, 'system' | 'queues'>;
  readonly bury: (givenUp: GivenUp) => Promise<unknown>;
  /** Tries until it succeeds, unless the app stops. */
  readonly insist: <T>(what: string, work: () => Promise<T>) => Promise<T>;
  readonly sleep: (ms: number) => Promise<void>;
  readonly logger: Logger;
}

export type ReceiveBlobEvent = (message: ReceivedBlobEvent, orchestrations: Orchestrations) => Promise<void>;

/** Between two looks at an orchestration; each is half as long again as the one before. */
const FIRST_LOOK_MS = 10;
const LONGEST_LOOK_MS = 2_000;

export function createReceiveBlobEvent({ broker, bury, insist, sleep, logger }: ReceivePorts): ReceiveBlobEvent {
  return async (message, orchestrations) => {
    const options = {
      kind: SpanKind.CONSUMER,
      parent: message.headers.traceparent,
      attributes: {
        [attributes.messagingSystem]: broker.system,
        [attributes.messagingDestination]: broker.queues.events,
        [attributes.messagingOperation]: 'process',
        [attributes.messagingMessageId]: message.id,
        [attributes.pipeline]: 'blob-events',
      },
    };
    await inSpan(spans.blobEvent, options, async (span) => {
      const parsed = parseBlobEvent(message.text);
      if (parsed.kind === 'rejected') {
        const letter: GivenUp = {
          ...{ unique: `${message.id}\n${message.raw}`, atMs: message.insertedMs },
          ...{ code: parsed.code, error: parsed.reason, attempts: 1, message: message.raw, text: message.text },
          keys: { messageId: message.id },
        };
        await insist('A dead letter', () => bury(letter));
        noteEvent('dead-letter');
        return;
      }
      const { move } = parsed;
      span.setAttribute(attributes.blob, `${INCOMING_CONTAINER}/${move.name}`);
      span.setAttribute(attributes.instanceId, moveInstanceId(move.id));
      noteEvent(await settle(move, message, orchestrations));
    });
  };

  /** Until the orchestration ended, whatever storage does meanwhile. */
  async function settle(move: BlobMove, message: ReceivedBlobEvent, orchestrations: Orchestrations): Promise<string> {
    const id = moveInstanceId(move.id);
    const fields = { pipeline: 'blob-events', blob: `${INCOMING_CONTAINER}/${move.name}`, instanceId: id };
    const known = await insist('A look at the orchestration', () => orchestrations.look(id));
    if (known.kind === 'ended' && isSettled(known.output)) {
      logger.info('Blob event is a duplicate of one already done', fields);
      return 'duplicate';
    }
    const traceparent = currentTraceparent() ?? message.headers.traceparent;
    const started = await insist('The start of an orchestration', () =>
      orchestrations.ensureStarted(MOVE_BLOB, id, inputFor(move, message), traceparent),
    );
    for (let wait = FIRST_LOOK_MS; ; wait = Math.min(wait * 1.5, LONGEST_LOOK_MS)) {
      await sleep(wait);
      const now = await insist('A look at the orchestration', () => orchestrations.look(id));
      if (now.kind === 'running') continue;
      // Purged or terminated by somebody: what is left of its message is done by the scan, which publishes it again.
      if (now.kind === 'ended') logger.info('Blob event settled', { ...fields, outcome: outcomeOf(now.output) });
      return started;
    }
  }

  function inputFor(move: BlobMove, { headers, text }: ReceivedBlobEvent): MoveBlobInput {
    const message = toEnvelope(text, headersOf(headers, traceIdOf(headers.traceparent) ?? move.id.replaceAll('-', '')));
    return { move, message, text, ...(headers.etag === undefined ? {} : { etag: headers.etag }) };
  }
}

function outcomeOf(output: unknown): string {
  const outcome = (output as { outcome?: unknown } | null | undefined)?.outcome;
  return typeof outcome === 'string' ? outcome : 'unknown';
}

function noteEvent(outcome: string): void {
  count('events', 1, { [attributes.pipeline]: 'blob-events', [attributes.outcome]: outcome });
}
