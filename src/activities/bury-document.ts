import { deadLetterId } from '../domain/dead-letter';
import { sha256Hex } from '../domain/digest';
import type { BuryDocument } from '../domain/ingestion/document-letter';
import { INGESTION_REPLAY_QUEUE } from '../domain/storage-layout';
import type { DeadLetterStore } from '../ports/dead-letter-store';
import type { Logger } from '../telemetry/logger';
import { count } from '../telemetry/meters';
import { attributes } from '../telemetry/names';
import { currentTraceId } from '../telemetry/tracing';

export type { BuryDocument };

/** What a queue takes as one message, with room for what the service adds. */
const LONGEST_MESSAGE_BYTES = 60_000;

export function createBuryDocument({
  deadLetters,
  logger,
}: {
  readonly deadLetters: DeadLetterStore;
  readonly logger: Logger;
}): BuryDocument {
  return async ({ instanceId, atMs, code, error, stack, attempts, projectId, name, source, uploadedBy, ...more }) => {
    const id = deadLetterId(atMs, sha256Hex(`${instanceId}\n${code}`).slice(0, 24));
    const traceId = currentTraceId();
    const blob = source && `${source.container}/${source.blob}`;
    const held = more.quarantine === undefined ? {} : { quarantine: more.quarantine };
    const message = JSON.stringify(
      source ? { container: source.container, name: source.blob, ...held } : (more.original ?? {}),
    );
    const canGo = more.replayable !== false && Buffer.byteLength(message) <= LONGEST_MESSAGE_BYTES;
    await deadLetters.add({
      id,
      pipeline: 'ingestion',
      code,
      error: error.slice(0, 2_000),
      ...(stack === undefined ? {} : { stack }),
      attempts,
      keys: {
        ...(canGo ? { queue: INGESTION_REPLAY_QUEUE } : {}),
        ...(blob === undefined ? {} : { blob, etag: source?.etag ?? '' }),
        ...{ projectId, name, instanceId },
        ...(uploadedBy === undefined ? {} : { uploadedBy }),
        ...held,
        ...more.keys,
      },
      createdAt: new Date(atMs).toISOString(),
      state: 'open',
      message,
      ...(traceId ? { traceId } : {}),
    });
    const told = {
      pipeline: 'ingestion',
      name,
      projectId,
      code,
      reason: error,
      attempts,
      instanceId,
      deadLetterId: id,
    };
    logger.error('Document became a dead letter', blob === undefined ? told : { ...told, blob });
    count('deadLetters', 1, { [attributes.pipeline]: 'ingestion', [attributes.code]: code });
    return { deadLetterId: id };
  };
}
