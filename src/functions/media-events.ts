import { app } from '@azure/functions';
import * as df from 'durable-functions';
import { createOrchestrations } from '../adapters/durable-client/orchestrations';
import type { App } from '../composition';
import { JOB_QUEUE } from '../domain/storage-layout';
import { withInvocationLog } from '../telemetry/logger';
import { queueMessageOf } from './queue-message';

/** Blob-created events on `jobqueue` start the processing of their blob (M2, M3). */
export function registerMediaEventQueued({ config, receiveMediaEvents }: App): void {
  app.storageQueue('media-event-queued', {
    queueName: JOB_QUEUE,
    connection: config.storage.connectionName,
    extraInputs: [df.input.durableClient()],
    handler: (body, context) =>
      withInvocationLog(context, () =>
        receiveMediaEvents(queueMessageOf(body, context), createOrchestrations(context)),
      ),
  });
}

/** What the host gave up becomes a dead letter (C8). */
export function registerMediaEventPoisoned({ config, receivePoison }: App): void {
  app.storageQueue('media-event-poisoned', {
    queueName: `${JOB_QUEUE}-poison`,
    connection: config.storage.connectionName,
    handler: (body, context) =>
      withInvocationLog(context, () => receivePoison('media', JOB_QUEUE, queueMessageOf(body, context))),
  });
}
