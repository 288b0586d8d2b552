import type { InvocationContext } from '@azure/functions';
import * as df from 'durable-functions';
import type { App } from '../composition';
import { PROCESS_MEDIA } from '../domain/media/process-media';
import { MOVE_BLOB } from '../domain/blob-events/move-blob';
import { TRANSFER_SHARE } from '../domain/share/transfer';
import type { ActivityCall } from '../domain/orchestration-call';
import { EMBEDDINGS } from '../domain/ingestion/embeddings-input';
import { FORGET_DOCUMENT } from '../domain/ingestion/forget-input';
import { embeddings } from '../orchestrators/embeddings';
import { forgetDocument } from '../orchestrators/forget-document';
import { moveBlob } from '../orchestrators/move-blob';
import { processMedia } from '../orchestrators/process-media';
import { transferShare } from '../orchestrators/transfer-share';
import { withInvocationLog } from '../telemetry/logger';
import { record } from '../telemetry/meters';
import { attributes, spans } from '../telemetry/names';
import { inSpan } from '../telemetry/tracing';

/** Orchestrators and activities of every pipeline, whichever run here: no instance may be stranded without its code (C3). */
export function registerDurable({ activities }: App): void {
  df.app.orchestration(PROCESS_MEDIA, processMedia);
  df.app.orchestration(MOVE_BLOB, moveBlob);
  df.app.orchestration(TRANSFER_SHARE, transferShare);
  df.app.orchestration(EMBEDDINGS, embeddings);
  df.app.orchestration(FORGET_DOCUMENT, forgetDocument);
  for (const [name, activity] of Object.entries(activities)) {
    df.app.activity(name, { handler: activityHandler(name, activity as (input: unknown) => Promise<unknown>) });
  }
}

/** Runs an activity in a span of the trace that its orchestration belongs to, and records how long it took. */
function activityHandler(name: string, activity: (input: unknown) => Promise<unknown>) {
  return (call: unknown, context: InvocationContext): Promise<unknown> => {
    const { input, traceparent } = call as ActivityCall<unknown>;
    const began = performance.now();
    const note = (outcome: string): void =>
      record('activityDuration', (performance.now() - began) / 1000, {
        [attributes.activity]: name,
        [attributes.outcome]: outcome,
      });
    return withInvocationLog(context, () =>
      inSpan(
        `${spans.activity} ${name}`,
        { parent: traceparent, attributes: { [attributes.activity]: name } },
        async () => {
          try {
            const result = await activity(input);
            note('ok');
            return result;
          } catch (error) {
            note('error');
            throw error;
          }
        },
      ),
    );
  };
}
