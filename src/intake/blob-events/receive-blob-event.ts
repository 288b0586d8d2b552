/**
 * A blob event in, and back only when its blob was moved, or a dead letter stands for it (B3): so the queue's length is the
 * work that is still to do. Starts the orchestration of the message's version, or waits for the one that runs.
 */
import { INCOMING_CONTAINER, parseBlobEvent, type BlobMove } from '../../domain/blob-events/blob-event';
import {
  handedOnHeaders,
  headersOf,
  toEnvelope,
  type Delivery,
  type KnownHeaders,
} from '../../domain/blob-events/delivery';
import type { GivenUp } from '../../domain/blob-events/given-up';
import { isSettled, MOVE_BLOB, moveInstanceId, type MoveBlobInput } from '../../domain/blob-events/move-blob';
import { incomingItem } from '../../domain/items/item-of-letter';
import type { BlobEventBroker } from '../../ports/blob-event-broker';
import type { Clock } from '../../ports/clock';
import type { ItemNotes } from '../../ports/item-notes';
import type { Orchestrations, OrchestrationState } from '../../ports/orchestrations';
import type { Logger } from '../../telemetry/logger';
import { count } from '../../telemetry/meters';
import { attributes, messageAttributes, spans } from '../../telemetry/names';
import { inSpan, SpanKind, currentTraceparent, traceIdOf } from '../../telemetry/tracing';

export interface ReceivedBlobEvent extends Delivery {
  /** As the broker has it; of a message that is none of ours, all there is to tell it from others. */
  readonly id: string;
  /** What came, as it came. */
  readonly raw: string;
  /** Milliseconds since the epoch; the same at every delivery, where the broker tells it. */
  readonly insertedMs: number;
  /** It was handed out before, and may have been begun. */
  readonly redelivered: boolean;
}

export interface ReceivePorts {
  readonly broker: Pick<BlobEventBroker, 'system' | 'queues' | 'publish'>;
  readonly bury: (givenUp: GivenUp) => Promise<unknown>;
  readonly items: ItemNotes;
  readonly clock: Clock;
  /** Tries until it succeeds, unless the app stops. */
  readonly insist: <T>(what: string, work: () => Promise<T>) => Promise<T>;
  readonly sleep: (ms: number) => Promise<void>;
  /** Milliseconds by a clock that nobody sets. */
  readonly monotonic: () => number;
  /** Aborts when the app stops: what waits is let go, and its message comes again. */
  readonly stopping: AbortSignal;
  readonly logger: Logger;
  /** See {@link longestStayMs}. @default {@link LONGEST_STAY_MS} */
  readonly longestStay?: number;
}

export type ReceiveBlobEvent = (message: ReceivedBlobEvent, orchestrations: Orchestrations) => Promise<void>;

/**
 * A handler stays no longer than this with a move that goes on, since the host kills it at `functionTimeout` (host.json), and
 * RabbitMQ takes back what is not acknowledged within 30 minutes. A message that goes on waiting takes the place of its own.
 */
export const LONGEST_STAY_MS = 20 * 60_000;
/** Of the time that a run may take; the rest is for a look that is under way, and to hand the message on. */
const STAY = 2 / 3;

/** How long a handler may stay where the host ends a run after `runMs`. */
export function longestStayMs(runMs: number): number {
  return Math.min(LONGEST_STAY_MS, runMs * STAY);
}

/** The start is answered when the orchestration has ended, or after this long. */
const WAIT_MS = 30_000;
/** Then, between two looks at it; each is twice as long as the one before. */
const FIRST_LOOK_MS = 200;
const LONGEST_LOOK_MS = 2_000;

export function createReceiveBlobEvent({
  broker,
  bury,
  items,
  clock,
  insist,
  sleep,
  monotonic,
  stopping,
  logger,
  longestStay = LONGEST_STAY_MS,
}: ReceivePorts): ReceiveBlobEvent {
  return async (message, orchestrations) => {
    const options = {
      kind: SpanKind.CONSUMER,
      parent: message.headers.traceparent,
      attributes: messageAttributes({
        ...{ system: broker.system, destination: broker.queues.events, operation: 'process', id: message.id },
        pipeline: 'blob-events',
      }),
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
    const leaveAt = monotonic() + longestStay;
    // A first delivery spares the look: run again, a version that was moved finds its copy.
    const { handedOn } = message.headers;
    const known = message.redelivered || handedOn ? await look(id, orchestrations) : undefined;
    if (known?.kind === 'ended' && (handedOn || isSettled(known.output))) {
      logger.info('Blob event is a duplicate of one already done', fields);
      return 'duplicate';
    }
    const traceparent = currentTraceparent() ?? message.headers.traceparent;
    const traceId = traceIdOf(traceparent);
    items.note({
      ...{ ...incomingItem(move), state: 'working', atMs: clock.now(), instanceId: id },
      ...(traceId === undefined ? {} : { traceId }),
    });
    const waitMs = Math.min(WAIT_MS, longestStay);
    const options = { ...(traceparent === undefined ? {} : { traceparent }), waitMs, signal: stopping };
    const begun =
      known?.kind === 'running'
        ? known
        : await insist('The start of an orchestration', () =>
            orchestrations.run(MOVE_BLOB, id, inputFor(move, message), options),
          );
    const end = begun.kind === 'ended' ? begun : await endOf(id, orchestrations, leaveAt);
    if (end.kind === 'running') {
      await insist('To hand the message on', () => handOn(move, message));
      logger.info('Blob event is handed on, since its move goes on', fields);
      return 'handed-on';
    }
    const output = end.kind === 'ended' ? end.output : undefined;
    // Terminated or purged by somebody, it has none: its blob is published again when its time is over.
    logger.info('Blob event settled', { ...fields, outcome: outcomeOf(output) });
    return known?.kind === 'running' ? 'running' : 'started';
  }

  function look(id: string, orchestrations: Orchestrations): Promise<OrchestrationState> {
    return insist('A look at the orchestration', () => orchestrations.look(id));
  }

  /** When it has ended, or it is time to leave it. */
  async function endOf(id: string, orchestrations: Orchestrations, leaveAt: number): Promise<OrchestrationState> {
    for (let wait = FIRST_LOOK_MS; ; wait = Math.min(wait * 2, LONGEST_LOOK_MS)) {
      await sleep(Math.max(0, Math.min(wait, leaveAt - monotonic())));
      const now = await look(id, orchestrations);
      if (now.kind !== 'running' || monotonic() >= leaveAt) return now;
    }
  }

  async function handOn(move: BlobMove, { headers, text }: ReceivedBlobEvent): Promise<void> {
    const same = headersOf(headers, traceOf(move, headers));
    await broker.publish([{ id: move.id, text, headers: handedOnHeaders(same) }]);
  }

  function inputFor(move: BlobMove, { headers, text }: ReceivedBlobEvent): MoveBlobInput {
    const message = toEnvelope(text, headersOf(headers, traceOf(move, headers)));
    return { move, message, text, ...(headers.etag === undefined ? {} : { etag: headers.etag }) };
  }
}

/** Without tracing, what tells messages apart serves. */
function traceOf({ id }: BlobMove, { traceparent }: KnownHeaders): string {
  return traceIdOf(traceparent) ?? id.replaceAll('-', '');
}

function outcomeOf(output: unknown): string {
  const outcome = (output as { outcome?: unknown } | null | undefined)?.outcome;
  return typeof outcome === 'string' ? outcome : 'unknown';
}

function noteEvent(outcome: string): void {
  count('events', 1, { [attributes.pipeline]: 'blob-events', [attributes.outcome]: outcome });
}
