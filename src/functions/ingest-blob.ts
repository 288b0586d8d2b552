import { app, type InvocationContext } from '@azure/functions';
import * as df from 'durable-functions';
import { createOrchestrations } from '../adapters/durable-client/orchestrations';
import type { App } from '../composition';
import { withInvocationLog } from '../telemetry/logger';
import { registerBlobReferences, triggeredBlob } from './blob-reference';

/** `ingest_blob` (T1): a text blob was put, or overwritten. By reference: nothing of it is read before its properties allow it. */
export function registerIngestBlob({ config, ingestion }: App): void {
  registerBlobReferences();
  const { container, prefix, source } = config.ingestion;
  app.storageBlob('ingest_blob', {
    path: prefix === '' ? container : `${container}/${prefix}{name}`,
    connection: config.storage.connectionName,
    source,
    sdkBinding: true,
    extraInputs: [df.input.durableClient()],
    handler: async (blob: unknown, context: InvocationContext) => {
      await withInvocationLog(context, () =>
        ingestion.ingest(triggeredBlob(blob, context), createOrchestrations(context)),
      );
    },
  });
}
