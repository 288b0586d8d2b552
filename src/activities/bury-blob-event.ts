import { deadLetterId } from '../domain/dead-letter';
import { sha256Hex } from '../domain/digest';
import { headersOf } from '../domain/blob-events/delivery';
import { errorMessage, type GivenUp } from '../domain/blob-events/given-up';
import { ledgerKey } from '../domain/blob-events/ledger-key';
import { BLOB_REPLAY_QUEUE } from '../domain/storage-layout';
import type { BlobEventBroker } from '../ports/blob-event-broker';
import type { BlobEventLedger } from '../ports/blob-event-ledger';
import type { Clock } from '../ports/clock';
import type { DeadLetterStore } from '../ports/dead-letter-store';
import type { Logger } from '../telemetry/logger';
import { count } from '../telemetry/meters';
import { attributes } from '../telemetry/names';
import { currentTraceId, currentTraceparent } from '../telemetry/tracing';

export type BuryBlobEvent = (givenUp: GivenUp) => Promise<{ readonly deadLetterId: string }>;

/** Puts the version to rest, then the dead letter, then its copy for the error queue. Each may be repeated. */
export function createBuryBlobEvent({
  deadLetters,
  ledger,
  broker,
  clock,
  logger,
}: {
  readonly deadLetters: DeadLetterStore;
  readonly ledger: BlobEventLedger;
  readonly broker: BlobEventBroker;
  readonly clock: Clock;
  readonly logger: Logger;
}): BuryBlobEvent {
  return async (givenUp) => {
    const { unique, atMs, code, error, stack, attempts, message, keys, version } = givenUp;
    const id = deadLetterId(atMs, sha256Hex(`${unique}\n${atMs}`).slice(0, 24));
    const traceId = currentTraceId();
    if (version) await ledger.rest(ledgerKey(version.name), version.etag, clock.now());
    await deadLetters.add({
      id,
      pipeline: 'blob-events',
      code,
      error: error.slice(0, 2_000),
      attempts,
      keys: { queue: BLOB_REPLAY_QUEUE, ...keys },
      createdAt: new Date(atMs).toISOString(),
      state: 'open',
      message,
      ...(stack === undefined ? {} : { stack: stack.slice(0, 4_000) }),
      ...(traceId ? { traceId } : {}),
    });
    const traceparent = currentTraceparent();
    await broker.publishError({
      id,
      text: errorMessage(givenUp, id),
      headers: {
        ...headersOf({ retries: Math.max(0, attempts - 1), ...(traceparent ? { traceparent } : {}) }, traceId ?? ''),
        dead_letter_id: id,
      },
    });
    const summary = error.split('\n', 1)[0]?.slice(0, 500);
    logger.warn('Blob event became a dead letter', {
      pipeline: 'blob-events',
      code,
      reason: summary,
      deadLetterId: id,
    });
    count('deadLetters', 1, { [attributes.pipeline]: 'blob-events', [attributes.code]: code });
    return { deadLetterId: id };
  };
}
