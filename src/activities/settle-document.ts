/**
 * The end of a run: removes the chunks that nobody will see any more and what the run kept for its own steps, and says what became of
 * the document. May be repeated.
 */
import type { DocumentSource } from '../domain/ingestion/document';
import type { DocumentOutcome } from '../domain/ingestion/index-work';
import { versionItem } from '../domain/items/item-of-letter';
import type { Clock } from '../ports/clock';
import type { ItemNotes } from '../ports/item-notes';
import type { DocumentKey, DocumentStore } from '../ports/document-store';
import type { WorkingBlobs } from '../ports/working-blobs';
import type { Logger } from '../telemetry/logger';
import { count, record } from '../telemetry/meters';
import { attributes } from '../telemetry/names';
import { currentTraceId } from '../telemetry/tracing';
import { removeUnseen } from './remove-chunks';

export type SettleDocument = (input: {
  readonly outcome: DocumentOutcome;
  readonly instanceId: string;
  readonly projectId: string;
  readonly name: string;
  /** Version of this document whose chunks are left over. */
  readonly leftOver?: { readonly key: DocumentKey; readonly version: string };
  readonly working: readonly string[];
  readonly source?: DocumentSource;
  readonly uploadedBy?: string;
  readonly takenAtMs?: number;
  readonly chunks?: number;
  readonly tokens?: number;
}) => Promise<void>;

export function createSettleDocument({
  store,
  working,
  items,
  clock,
  logger,
}: {
  readonly store: DocumentStore;
  readonly working: WorkingBlobs;
  readonly items: ItemNotes;
  readonly clock: Clock;
  readonly logger: Logger;
}): SettleDocument {
  return async ({ outcome, leftOver, working: blobs, takenAtMs, source, ...told }) => {
    if (leftOver) await removeUnseen(store, leftOver.key, leftOver.version);
    await Promise.all(blobs.map((blob) => working.remove(blob)));
    const tookMs = takenAtMs === undefined ? undefined : Math.max(0, clock.now() - takenAtMs);
    if (tookMs !== undefined) record('processingDuration', tookMs / 1000, { [attributes.outcome]: outcome });
    count('items', 1, { [attributes.pipeline]: 'ingestion', [attributes.outcome]: outcome });
    logger.info('Document settled', {
      pipeline: 'ingestion',
      outcome,
      ...told,
      ...(source ? { blob: `${source.container}/${source.blob}`, etag: source.etag } : {}),
      ...(tookMs === undefined ? {} : { tookMs }),
    });
    // What failed is noted with its dead letter; a text that came alone has no name that users could know it by.
    if (!source || outcome === 'failed') return;
    const { instanceId, chunks } = told;
    const isDone = outcome === 'ingested' || outcome === 'unchanged';
    const detail = outcome === 'ingested' ? `passages: ${chunks ?? 0}` : outcome;
    const traceId = currentTraceId();
    items.note({
      ...{
        ...versionItem('ingestion', `${source.container}/${source.blob}`, source.etag),
        state: isDone ? 'done' : 'skipped',
        atMs: clock.now(),
        detail,
        instanceId,
      },
      ...(traceId === undefined ? {} : { traceId }),
    });
    await items.kept();
  };
}
