/**
 * Decides what is to be done for a text: nothing, where the same was cut and embedded alike before; else which chunks to index. The
 * plan of a long text is written beside it, so that the history holds no more than where each batch lies.
 */
import { byteRanges, cutBatches, type Batch, type BatchLimits } from '../domain/ingestion/batch-plan';
import type { Chunk, CountTokens } from '../domain/ingestion/chunk';
import { documentId } from '../domain/ingestion/document-id';
import {
  documentVersion,
  hasSameContent,
  isIngested,
  type Content,
  type Run,
} from '../domain/ingestion/document-version';
import { titlesBefore } from '../domain/ingestion/embedded-text';
import { planBlobOf, type EmbeddingsInput } from '../domain/ingestion/embeddings-input';
import type { BatchPlace, IndexPlan, PlanResult } from '../domain/ingestion/index-work';
import { sha256Hex } from '../domain/digest';
import type { DocumentStore } from '../ports/document-store';
import type { Embedder } from '../ports/embedder';
import type { WorkingBlobs } from '../ports/working-blobs';
import { count } from '../telemetry/meters';

export type PlanDocument = (input: { readonly run: Run; readonly input: EmbeddingsInput }) => Promise<PlanResult>;

/** Chunks in one call of the embedder, where it takes as many: small enough for several batches at once. */
const MOST_CHUNKS = 64;

export function createPlanDocument({
  store,
  embedder,
  working,
  cut,
  chunking,
  countTokens,
  limits,
}: {
  readonly store: DocumentStore;
  readonly embedder: Pick<Embedder, 'model' | 'limits'>;
  readonly working: WorkingBlobs;
  /** Name and type say what kind of text it is. */
  readonly cut: (text: string, of: Pick<EmbeddingsInput, 'name' | 'contentType'>) => readonly Chunk[];
  /** How it cuts, and what is embedded; another value means other chunks, or other vectors. */
  readonly chunking: string;
  readonly countTokens: CountTokens;
  readonly limits: IndexPlan['limits'];
}): PlanDocument {
  const batchLimits: BatchLimits = {
    chunks: Math.min(MOST_CHUNKS, embedder.limits.texts),
    tokens: embedder.limits.tokens,
  };

  return async ({ run, input }) => {
    const { model } = embedder;
    const ready = await store.prepare(model);
    if (ready.kind === 'mixed') return ready;
    const { projectId, name, source, uploadedBy } = input;
    const key = { projectId, documentId: documentId(projectId, source?.container ?? '', name) };
    const contentHash = input.stored?.contentHash ?? sha256Hex(input.text ?? '');
    const content: Content = { contentHash, chunking, model };
    const found = await store.find(key);
    const standing = found && { tag: found.tag, version: found.record.version };
    const origin = { ...(source ? { source } : {}), ...(uploadedBy === undefined ? {} : { uploadedBy }) };
    if (found && standing && hasSameContent(found.record, content)) {
      if (!source || isIngested(found.record, source, content)) return { kind: 'duplicate' };
      const { source: _source, uploadedBy: _by, ingestedAt: _at, ...same } = found.record;
      return { kind: 'unchanged', record: { ...same, ...origin }, standing };
    }

    const text = await textOf(input);
    if (text === undefined) return { kind: 'lost' };
    const chunks = cut(text, input);
    const tokens = chunks.reduce((sum, chunk) => sum + chunk.tokens, 0);
    const batches = cutBatches(chunks, batchLimits, tokensWithTitles());
    const places = input.stored
      ? await stored(text, batches, input.stored.blob)
      : batches.map((batch): BatchPlace => ({ kind: 'here', batch, text: text.slice(batch.from, batch.to) }));
    count('chunksCut', chunks.length);
    return {
      kind: 'plan',
      plan: {
        key,
        record: {
          ...key,
          name,
          version: documentVersion(run, content),
          ...content,
          chunks: chunks.length,
          tokens,
          characters: text.length,
          ...origin,
        },
        batches: places,
        ...(standing ? { standing } : {}),
        limits,
        working: input.stored ? [input.stored.blob, planBlobOf(input.stored.blob)] : [],
      },
    };
  };

  /** Chunks in a row have the same titles. */
  function tokensWithTitles(): (chunk: Chunk) => number {
    const counted = new Map<string, number>();
    return (chunk) => {
      const titles = titlesBefore(chunk);
      const known = counted.get(titles) ?? (titles === '' ? 0 : countTokens(titles));
      counted.set(titles, known);
      return known + chunk.tokens;
    };
  }

  async function textOf({ text, stored }: EmbeddingsInput): Promise<string | undefined> {
    if (!stored) return text ?? '';
    const bytes = await working.read(stored.blob);
    return bytes && Buffer.from(bytes).toString('utf8');
  }

  async function stored(text: string, batches: readonly Batch[], textBlob: string): Promise<readonly BatchPlace[]> {
    const planBlob = planBlobOf(textBlob);
    const parts = batches.map((batch) => Buffer.from(JSON.stringify(batch)));
    await working.put(planBlob, Buffer.concat(parts));
    const ranges = byteRanges(text, batches, (part) => Buffer.byteLength(part));
    let at = 0;
    return parts.map((part, i): BatchPlace => {
      const plan = { blob: planBlob, from: at, length: part.length };
      at += part.length;
      return { kind: 'stored', plan, text: { blob: textBlob, ...(ranges[i] ?? { from: 0, length: 0 }) } };
    });
  }
}
