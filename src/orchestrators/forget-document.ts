/** A document whose blob is gone, or that somebody deleted: first its record, so that nobody sees it, then its chunks (T2). */
import type { RemoveChunks } from '../activities/remove-chunks';
import type { RemoveDocument } from '../activities/remove-document';
import type { ForgetInput, ForgetOutput } from '../domain/ingestion/forget-input';
import { orchestrator, type Step, type Steps } from './durable';
import { insist } from './insist';

export function* forgetDocumentStory(steps: Steps, input: ForgetInput): Step<ForgetOutput> {
  const { key, tag, version } = input;
  let { outcome } = input;
  if (outcome === undefined) {
    const record = yield* insist<RemoveDocument>(steps, 'remove-document', { key, tag });
    if (!record.done) return steps.anew(input);
    outcome = record.result.kind;
  }
  // Also where it was replaced meanwhile: whatever is not visible any more goes.
  const chunks = yield* insist<RemoveChunks>(steps, 'remove-chunks', { key, version });
  if (!chunks.done) return steps.anew({ ...input, outcome });
  return { outcome, chunks: chunks.result.removed };
}

export const forgetDocument = orchestrator(forgetDocumentStory);
