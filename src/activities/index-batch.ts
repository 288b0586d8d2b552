/**
 * Embeds the chunks of one batch and stores them under a version that nobody sees yet. Everything that can be expected to fail is
 * a result, since many of these run side by side (see `Steps.all`); each may be repeated.
 */
import { textOf, type Batch } from '../domain/ingestion/batch-plan';
import type { DocumentSource } from '../domain/ingestion/document';
import { embeddedText } from '../domain/ingestion/embedded-text';
import type { BatchPlace, IndexResult } from '../domain/ingestion/index-work';
import type { BlobStore } from '../ports/blob-store';
import type { Breaker } from '../ports/breaker';
import type { DocumentKey, DocumentStore, EmbeddedChunk } from '../ports/document-store';
import type { Embedder, EmbedResult } from '../ports/embedder';
import type { WorkingBlobs } from '../ports/working-blobs';
import { messageOf } from '../telemetry/logger';
import { count, record } from '../telemetry/meters';
import { attributes } from '../telemetry/names';

export type IndexBatch = (input: {
  readonly key: DocumentKey;
  readonly version: string;
  readonly batch: BatchPlace;
  /** Given when time has passed: nothing is embedded for a version that is not the blob's any more. */
  readonly source?: DocumentSource;
}) => Promise<IndexResult>;

export function createIndexBatch({
  blobs,
  working,
  embedder,
  breaker,
  store,
  monotonic,
}: {
  readonly blobs: Pick<BlobStore, 'describe'>;
  readonly working: WorkingBlobs;
  readonly embedder: Embedder;
  /** Undefined: none. */
  readonly breaker: Breaker | undefined;
  readonly store: DocumentStore;
  /** Milliseconds. */
  readonly monotonic: () => number;
}): IndexBatch {
  return async ({ key, version, batch: place, source }) => {
    try {
      const ready = await store.prepare(embedder.model);
      if (ready.kind === 'mixed') return ready;
      if (source && (await blobs.describe({ container: source.container, name: source.blob }))?.etag !== source.etag)
        return { kind: 'superseded' };
      const loaded = await load(place);
      if (!loaded) return { kind: 'lost' };
      const { batch, text } = loaded;
      const texts = batch.chunks.map((chunk) => textOf(chunk, batch, text));
      const answer = await embed(batch.chunks.map((chunk, i) => embeddedText(chunk, texts[i] ?? '')));
      if (answer.kind !== 'embedded') return answer;
      const chunks: EmbeddedChunk[] = batch.chunks.map((chunk, i) => {
        const vector = answer.vectors[i];
        if (!vector) throw new Error(`The embedder gave ${answer.vectors.length} vectors for ${texts.length} texts.`);
        return { ...chunk, text: texts[i] ?? '', vector };
      });
      await store.putChunks(key, version, chunks);
      count('chunksIndexed', chunks.length);
      return { kind: 'indexed', chunks: chunks.length, tokens: answer.tokens };
    } catch (error) {
      return { kind: 'unavailable', of: 'store', reason: messageOf(error), counts: true };
    }
  };

  async function load(place: BatchPlace): Promise<{ readonly batch: Batch; readonly text: string } | undefined> {
    if (place.kind === 'here') return place;
    const [plan, text] = await Promise.all([
      working.read(place.plan.blob, place.plan),
      working.read(place.text.blob, place.text),
    ]);
    if (!plan || !text) return undefined;
    return { batch: JSON.parse(Buffer.from(plan).toString('utf8')) as Batch, text: Buffer.from(text).toString('utf8') };
  }

  async function embed(
    texts: readonly string[],
  ): Promise<
    | { readonly kind: 'embedded'; readonly vectors: readonly Float32Array[]; readonly tokens: number }
    | Extract<IndexResult, { kind: 'busy' | 'resting' | 'unavailable' | 'refused' }>
  > {
    const admission = await breaker?.admit();
    if (admission?.admitted === false) {
      count('embeddingsRested', 1);
      return { kind: 'resting', retryAfterMs: admission.retryAfterMs };
    }
    const answer = await asked(texts);
    if (answer.kind === 'unavailable') {
      const failed = await breaker?.failed();
      return { ...answer, counts: failed?.open !== true };
    }
    // Whatever it says, it is there.
    await breaker?.succeeded();
    if (answer.kind === 'embedded') count('embeddingTokens', answer.tokens);
    if (answer.kind !== 'refused') return answer;
    const of = answer.index === undefined ? '' : ` (text ${answer.index + 1} of ${texts.length})`;
    return { kind: 'refused', reason: `${answer.reason}${of}` };
  }

  async function asked(
    texts: readonly string[],
  ): Promise<EmbedResult | { readonly kind: 'unavailable'; readonly of: 'embedder'; readonly reason: string }> {
    const began = monotonic();
    const note = (outcome: string): void =>
      record('embeddingDuration', (monotonic() - began) / 1000, { [attributes.outcome]: outcome });
    try {
      const answer = await embedder.embed(texts);
      note(answer.kind);
      return answer;
    } catch (error) {
      note('unavailable');
      return { kind: 'unavailable', of: 'embedder', reason: messageOf(error) };
    }
  }
}
