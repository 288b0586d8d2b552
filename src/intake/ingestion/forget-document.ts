import { FORGET_DOCUMENT, forgetInstanceId, type ForgetInput } from '../../domain/ingestion/forget-input';
import type { StandingDocument } from '../../ports/document-store';
import type { Orchestrations } from '../../ports/orchestrations';
import { currentTraceparent } from '../../telemetry/tracing';

/** Starts what removes a document and its chunks, whoever dies meanwhile; a document that was replaced since stays. */
export type ForgetDocument = (standing: StandingDocument, orchestrations: Orchestrations) => Promise<void>;

export const forgetDocument: ForgetDocument = async (standing, orchestrations) => {
  const input = forgetInputOf(standing);
  await orchestrations.start(FORGET_DOCUMENT, forgetInstanceId(input), input, currentTraceparent());
};

export function forgetInputOf({ record, tag }: StandingDocument): ForgetInput {
  const { projectId, documentId, version } = record;
  return { key: { projectId, documentId }, tag, version };
}
