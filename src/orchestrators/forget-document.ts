/** A document whose blob is gone, or that somebody deleted: first its record, so that nobody sees it, then its chunks (T2). */
import type { RemoveChunks } from '../activities/remove-chunks';
import type { RemoveDocument } from '../activities/remove-document';
import type { ForgetInput, ForgetOutput } from '../domain/ingestion/forget-input';
import { orchestrator, type Retry, type Step, type Steps } from './durable';

const PATIENCE: Retry = { maxAttempts: 1_000, firstDelayMs: 1_000 };

export function* forgetDocumentStory(steps: Steps, { key, tag, version }: ForgetInput): Step<ForgetOutput> {
  const { kind } = yield* steps.run<RemoveDocument>('remove-document', { key, tag }, PATIENCE);
  // Also where it was replaced meanwhile: whatever is not visible any more goes.
  const { removed } = yield* steps.run<RemoveChunks>('remove-chunks', { key, version }, PATIENCE);
  return { outcome: kind, chunks: removed };
}

export const forgetDocument = orchestrator(forgetDocumentStory);
