import { app, type InvocationContext } from '@azure/functions';
import * as df from 'durable-functions';
import { createOrchestrations } from '../adapters/durable-client/orchestrations';
import type { App } from '../composition';
import { BLOB_TRIGGER_POISON_QUEUE, INGESTION_REPLAY_QUEUE } from '../domain/storage-layout';
import { withInvocationLog } from '../telemetry/logger';
import { queueMessageOf } from './queue-message';

/** Dead letters of text ingestion that are replayed. */
export function registerIngestionReplayed({ config, ingestion }: App): void {
  app.storageQueue('ingestion-replayed', {
    queueName: INGESTION_REPLAY_QUEUE,
    connection: config.storage.connectionName,
    extraInputs: [df.input.durableClient()],
    handler: async (body: unknown, context: InvocationContext) => {
      await withInvocationLog(context, () =>
        ingestion.replay(queueMessageOf(body, context), createOrchestrations(context)),
      );
    },
  });
}

/** What the host gave up becomes a dead letter (C8): replays, and blobs, whose messages lie in the host's own account. */
export function registerIngestionPoisoned({ config, receivePoison }: App): void {
  for (const [name, queueName, connection] of [
    ['ingestion-replays-poisoned', `${INGESTION_REPLAY_QUEUE}-poison`, config.storage.connectionName],
    ['blob-triggers-poisoned', BLOB_TRIGGER_POISON_QUEUE, 'AzureWebJobsStorage'],
  ] as const)
    app.storageQueue(name, {
      queueName,
      connection,
      handler: (body, context) =>
        withInvocationLog(context, () =>
          receivePoison('ingestion', INGESTION_REPLAY_QUEUE, queueMessageOf(body, context)),
        ),
    });
}
