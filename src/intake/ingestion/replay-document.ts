import { sha256Hex } from '../../domain/digest';
import { EMBEDDINGS } from '../../domain/ingestion/embeddings-input';
import { parseReplayMessage } from '../../domain/ingestion/replay-message';
import { instanceId } from '../../domain/instance-id';
import { rawText } from '../../domain/queue-message';
import type { Orchestrations } from '../../ports/orchestrations';
import type { Logger } from '../../telemetry/logger';
import { currentTraceparent } from '../../telemetry/tracing';
import type { QueueMessage } from '../receive-media-events';
import type { IngestBlob, IngestPorts } from './ingest-blob';
import type { ReleaseBlob } from './release-blob';

/** A dead letter of text ingestion that is replayed: its blob is taken in as it stands now, from quarantine put back first. */
export type ReplayDocument = (message: QueueMessage, orchestrations: Orchestrations) => Promise<void>;

export function createReplayDocument(
  ports: {
    readonly ingest: IngestBlob;
    readonly release: ReleaseBlob;
    readonly bury: IngestPorts['bury'];
    readonly logger: Logger;
  },
  { container }: { readonly container: string },
): ReplayDocument {
  return async ({ body, id, insertedMs }, orchestrations) => {
    const parsed = parseReplayMessage(body, container);
    switch (parsed.kind) {
      case 'blob': {
        const { container: from, name, quarantine } = parsed;
        const told = { pipeline: 'ingestion', blob: `${from}/${name}` };
        if (quarantine !== undefined) {
          const released = await ports.release({ container: from, name }, quarantine);
          ports.logger.info('Blob in quarantine is released', { ...told, quarantine, outcome: released });
        }
        const outcome = await ports.ingest({ container: from, name }, orchestrations);
        ports.logger.info('Replayed blob taken in', { ...told, outcome });
        return;
      }
      case 'text': {
        const { input } = parsed;
        const text = instanceId('ingestion', 'text', input.projectId, input.name, sha256Hex(JSON.stringify(input)));
        await orchestrations.start(EMBEDDINGS, text, input, currentTraceparent());
        return;
      }
      case 'rejected':
        await ports.bury({
          ...{ instanceId: id, atMs: insertedMs, code: 'INGESTION_INPUT_INVALID', error: parsed.reason, attempts: 1 },
          ...{ projectId: '', name: '', original: rawText(body), replayable: false },
        });
    }
  };
}
