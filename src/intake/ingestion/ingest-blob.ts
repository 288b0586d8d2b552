/**
 * Takes in one blob version (T1): what can be told from its properties is told before a byte is read; what is no text, or should not
 * be read, goes no further; the rest starts its orchestration. Everything that can be expected is an outcome; an exception means that
 * storage could not be asked, and the host calls again.
 */
import { sha256Hex } from '../../domain/digest';
import { isAddressable } from '../../domain/blob-events/blob-event';
import { documentId } from '../../domain/ingestion/document-id';
import type { DocumentSource } from '../../domain/ingestion/document';
import type { BuryDocument } from '../../domain/ingestion/document-letter';
import { isIngested } from '../../domain/ingestion/document-version';
import {
  EMBEDDINGS,
  ingestionInstanceId,
  LONGEST_INLINE_BYTES,
  textBlobOf,
  type EmbeddingsInput,
} from '../../domain/ingestion/embeddings-input';
import { printable } from '../../domain/ingestion/printable';
import type { ItemState } from '../../domain/items/item';
import { versionItem } from '../../domain/items/item-of-letter';
import type { BlobFacts, BlobRef, BlobStore } from '../../ports/blob-store';
import type { Clock } from '../../ports/clock';
import type { ItemNotes } from '../../ports/item-notes';
import type { DocumentStore, StandingDocument } from '../../ports/document-store';
import type { Embedder } from '../../ports/embedder';
import type { Orchestrations } from '../../ports/orchestrations';
import type { WorkingBlobs } from '../../ports/working-blobs';
import { messageOf, type PlainLogger } from '../../telemetry/logger';
import { count, record } from '../../telemetry/meters';
import { attributes, spans } from '../../telemetry/names';
import { currentTraceId, currentTraceparent, inSpan, SpanKind } from '../../telemetry/tracing';
import type { ForgetDocument } from './forget-document';
import { patiently } from './patiently';
import type { QuarantineBlob } from './quarantine-blob';
import type { IsReleased } from './release-blob';

export type IngestOutcome =
  | 'started'
  /** Its orchestration runs already. */
  | 'running'
  /** This version is ingested already. */
  | 'duplicate'
  | 'skipped'
  | 'quarantined'
  | 'vanished'
  /** Overwritten while it was read: the newer version has an event of its own. */
  | 'superseded'
  | 'dead-letter';

export type IngestBlob = (blob: BlobRef, orchestrations: Orchestrations) => Promise<IngestOutcome>;

/** A blob whose size, name or type says that it is not for us. */
export interface Skip {
  readonly reason: string;
}

/** `notes`: what was done to read it, for people. */
export interface ReadableText {
  readonly kind: 'text';
  readonly text: string;
  readonly notes: readonly string[];
}

export type ContentJudgement =
  | ReadableText
  | { readonly kind: 'empty' }
  /** To be put out of the way, unless somebody released it, which only a `text` can be. `reason` holds nothing of the content. */
  | { readonly kind: 'refused'; readonly rule: string; readonly reason: string; readonly text?: ReadableText };

/** What a blob may be. Pure. */
export interface ContentRules {
  early(blob: { readonly name: string; readonly length: number; readonly contentType: string }): Skip | undefined;
  content(bytes: Uint8Array): ContentJudgement;
}

export interface IngestPorts {
  readonly blobs: Pick<BlobStore, 'describe' | 'read'>;
  readonly working: WorkingBlobs;
  readonly store: Pick<DocumentStore, 'find'>;
  readonly embedder: Pick<Embedder, 'model'>;
  readonly rules: ContentRules;
  readonly quarantine: QuarantineBlob;
  readonly isReleased: IsReleased;
  readonly forget: ForgetDocument;
  readonly bury: BuryDocument;
  readonly items: ItemNotes;
  readonly clock: Clock;
  readonly sleep: (ms: number) => Promise<void>;
  readonly logger: PlainLogger;
}

export interface IngestSettings {
  readonly account: string;
  readonly projectId: string;
  /** How texts are cut (see plan-document). */
  readonly chunking: string;
}

/** A blob version on its way. */
interface Taken {
  readonly source: DocumentSource;
  readonly uploadedBy: string | undefined;
  readonly contentType: string;
}

/** Metadata of a blob that says who put it there. */
export const UPLOADED_BY = 'uploaded_by';

const START_TRIES = 3;
const FIRST_WAIT_MS = 1_000;

export function createIngestBlob(ports: IngestPorts, settings: IngestSettings): IngestBlob {
  const { blobs, rules, logger, clock } = ports;

  return (ref, orchestrations) => {
    const options = {
      kind: SpanKind.CONSUMER,
      attributes: { [attributes.pipeline]: 'ingestion', [attributes.blob]: `${ref.container}/${ref.name}` },
    };
    return inSpan(spans.ingestBlob, options, async (span) => {
      const takenAtMs = clock.now();
      const outcome = await ingest(ref, takenAtMs, orchestrations);
      span.setAttribute(attributes.outcome, outcome);
      count('events', 1, { [attributes.pipeline]: 'ingestion', [attributes.outcome]: outcome });
      // What starts, or runs, is measured at its end.
      if (outcome !== 'started' && outcome !== 'running')
        record('processingDuration', (clock.now() - takenAtMs) / 1000, { [attributes.outcome]: outcome });
      return outcome;
    });
  };

  async function ingest(ref: BlobRef, takenAtMs: number, orchestrations: Orchestrations): Promise<IngestOutcome> {
    const { container, name } = ref;
    const fields = { pipeline: 'ingestion', blob: `${container}/${name.slice(0, 1_024)}` };
    if (!isAddressable(name)) {
      logger.warn('Blob skipped', { ...fields, reason: 'Its name has a segment . or .. and cannot be addressed.' });
      return 'skipped';
    }
    const facts = await patiently(ports, 'A look at the blob', () => blobs.describe(ref));
    if (!facts) {
      logger.info('Blob vanished before it was taken in', fields);
      return 'vanished';
    }
    const source: DocumentSource = { container, blob: name, etag: facts.etag };
    const uploadedBy = uploaderOf(facts);
    const taken = {
      ...fields,
      etag: facts.etag,
      bytes: facts.length,
      ...(uploadedBy === undefined ? {} : { uploadedBy }),
    };
    logger.info('Blob taken in', taken);

    const early = rules.early({ name, length: facts.length, contentType: facts.contentType });
    const standing = await standingOf(name, container);
    if (early) return skip(source, taken, early.reason, standing, orchestrations);
    const made = { chunking: settings.chunking, model: ports.embedder.model };
    if (standing && isIngested(standing.record, source, made)) {
      logger.info('Blob is ingested already', taken);
      return 'duplicate';
    }

    const read = await patiently(ports, 'Reading the blob', () =>
      blobs.read({ ...ref, ifMatch: facts.etag }, { from: 0, length: facts.length }),
    );
    if (read.kind !== 'read') return read.kind === 'gone' ? 'vanished' : 'superseded';
    const judged = await withReleases(ref, taken, read.bytes, rules.content(read.bytes));
    switch (judged.kind) {
      case 'empty':
        return skip(source, taken, 'There is no text in it.', standing, orchestrations);
      case 'refused':
        return quarantine(source, uploadedBy, judged, standing, takenAtMs, orchestrations);
      case 'text':
        for (const note of judged.notes) logger.warn('Text was not plain UTF-8', { ...taken, note });
        return start({ source, uploadedBy, contentType: facts.contentType }, judged.text, takenAtMs, orchestrations);
    }
  }

  function standingOf(name: string, container: string): Promise<StandingDocument | undefined> {
    const { projectId } = settings;
    const key = { projectId, documentId: documentId(projectId, container, name) };
    return patiently(ports, 'A look at the document', () => ports.store.find(key));
  }

  /** What somebody let through is judged as if there were no rule against it. */
  async function withReleases(
    ref: BlobRef,
    fields: Readonly<Record<string, string | number>>,
    bytes: Uint8Array,
    judged: ContentJudgement,
  ): Promise<ContentJudgement> {
    if (judged.kind !== 'refused' || !judged.text) return judged;
    const isReleased = await patiently(ports, 'A look for a release', () => ports.isReleased(ref, sha256Hex(bytes)));
    if (!isReleased) return judged;
    logger.warn('Content is let through, since it was released', { ...fields, reason: judged.reason });
    return judged.text;
  }

  /** What an earlier version of the blob had to say is not said by it any more. */
  async function skip(
    source: DocumentSource,
    fields: Readonly<Record<string, string | number>>,
    reason: string,
    standing: StandingDocument | undefined,
    orchestrations: Orchestrations,
  ): Promise<IngestOutcome> {
    logger.warn('Blob skipped', { ...fields, reason });
    noteItem(source, 'skipped', reason);
    if (standing) await ports.forget(standing, orchestrations);
    return 'skipped';
  }

  async function quarantine(
    source: DocumentSource,
    uploadedBy: string | undefined,
    { rule, reason, text }: ContentJudgement & { readonly kind: 'refused' },
    standing: StandingDocument | undefined,
    takenAtMs: number,
    orchestrations: Orchestrations,
  ): Promise<IngestOutcome> {
    return ports.quarantine(source, { rule, reason, atMs: takenAtMs }, async ({ name: quarantine, heldAtMs }) => {
      await ports.bury({
        ...{ instanceId: idOf(source), atMs: heldAtMs, code: 'CONTENT_QUARANTINED', error: reason, attempts: 1 },
        ...{ projectId: settings.projectId, name: source.blob, source, quarantine, keys: { rule } },
        ...(uploadedBy === undefined ? {} : { uploadedBy }),
        // What is no text cannot be read, whoever allows it.
        replayable: text !== undefined,
      });
      if (standing) await ports.forget(standing, orchestrations);
    });
  }

  async function start(
    { source, uploadedBy, contentType }: Taken,
    text: string,
    takenAtMs: number,
    orchestrations: Orchestrations,
  ): Promise<IngestOutcome> {
    const instanceId = idOf(source);
    const name = source.blob;
    const input: EmbeddingsInput = {
      projectId: settings.projectId,
      name,
      ...(await carried(source.container, instanceId, text)),
      source,
      contentType,
      ...(uploadedBy === undefined ? {} : { uploadedBy }),
      takenAtMs,
    };
    const traceparent = currentTraceparent();
    for (let attempt = 1; ; attempt++) {
      try {
        const begun = await orchestrations.start(EMBEDDINGS, instanceId, input, traceparent);
        // Saved queries look for this wording (source 002).
        noteItem(source, 'working');
        logger.plain(`Ingestion started orchestration id=${instanceId} for ${printable(name)}`);
        return begun;
      } catch (error) {
        const reason = messageOf(error);
        if (attempt === START_TRIES) {
          const letter = { instanceId, atMs: takenAtMs, projectId: settings.projectId, name, source };
          const error = `It could not be started at ${START_TRIES} tries: ${reason}`;
          const by = uploadedBy === undefined ? {} : { uploadedBy };
          await ports.bury({ ...letter, ...by, code: 'INGESTION_NOT_STARTED', error, attempts: attempt });
          return 'dead-letter';
        }
        logger.warn('Orchestration start failed; trying again', { pipeline: 'ingestion', instanceId, attempt, reason });
        await ports.sleep(FIRST_WAIT_MS * 2 ** (attempt - 1));
      }
    }
  }

  function noteItem(source: DocumentSource, state: ItemState, detail?: string): void {
    const traceId = currentTraceId();
    ports.items.note({
      ...{
        ...versionItem('ingestion', `${source.container}/${source.blob}`, source.etag),
        state,
        atMs: clock.now(),
        instanceId: idOf(source),
      },
      ...(traceId === undefined ? {} : { traceId }),
      ...(detail === undefined ? {} : { detail }),
    });
  }

  function idOf(source: DocumentSource): string {
    return ingestionInstanceId(settings.projectId, settings.account, source);
  }

  /** The text itself, or where it lies. */
  async function carried(
    container: string,
    instanceId: string,
    text: string,
  ): Promise<Pick<EmbeddingsInput, 'text' | 'stored'>> {
    if (text.length <= LONGEST_INLINE_BYTES && Buffer.byteLength(JSON.stringify(text)) <= LONGEST_INLINE_BYTES)
      return { text };
    const bytes = Buffer.from(text, 'utf8');
    const blob = textBlobOf(container, instanceId);
    await ports.working.put(blob, bytes);
    return { stored: { blob, bytes: bytes.length, contentHash: sha256Hex(text) } };
  }
}

/** Keys of metadata come in lower case. */
function uploaderOf({ metadata }: BlobFacts): string | undefined {
  const found = Object.entries(metadata).find(([key]) => key.toLowerCase() === UPLOADED_BY)?.[1];
  return found === undefined || found === '' ? undefined : printable(found).slice(0, 200);
}
