import { app, trigger, type InvocationContext } from '@azure/functions';
import * as df from 'durable-functions';
import { createOrchestrations } from '../adapters/durable-client/orchestrations';
import { EVENTS } from '../adapters/rabbitmq/topology';
import type { App } from '../composition';
import { BLOB_EVENT_QUEUE } from '../domain/storage-layout';
import { withInvocationLog } from '../telemetry/logger';
import { queuedBlobEvent, rabbitBlobEvent } from './blob-event-message';

/** Blob events from the storage queue (B2, B3). */
export function registerBlobEventQueued({ config, blobEvents }: App): void {
  app.generic('blob-event-queued', {
    trigger: trigger.generic({
      ...{ type: 'queueTrigger', queueName: BLOB_EVENT_QUEUE, dataType: 'binary' },
      connection: config.storage.connectionName,
    }),
    extraInputs: [df.input.durableClient()],
    handler: (body: unknown, context: InvocationContext) =>
      withInvocationLog(context, () =>
        blobEvents.receive(queuedBlobEvent(body, context), createOrchestrations(context)),
      ),
  });
}

/** Blob events from RabbitMQ (B2, B3): one in hand, so that those behind it are seen to wait. */
export function registerBlobEventFromRabbit({ blobEvents }: App): void {
  app.generic('blob-event-from-rabbitmq', {
    trigger: trigger.generic({
      ...{ type: 'rabbitMQTrigger', queueName: EVENTS, connectionStringSetting: 'RABBITMQ_URL' },
      ...{ prefetchCount: 1, dataType: 'binary' },
    }),
    extraInputs: [df.input.durableClient()],
    handler: (body: unknown, context: InvocationContext) =>
      withInvocationLog(context, () =>
        blobEvents.receive(rabbitBlobEvent(body, context), createOrchestrations(context)),
      ),
  });
}
