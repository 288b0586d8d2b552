import { app, trigger, type InvocationContext } from '@azure/functions';
import { POISON } from '../adapters/rabbitmq/topology';
import type { App } from '../composition';
import { BLOB_EVENT_QUEUE, BLOB_REPLAY_QUEUE } from '../domain/storage-layout';
import { queueMessageText } from '../domain/queue-message';
import type { QueueMessage } from '../intake/receive-media-events';
import { withInvocationLog } from '../telemetry/logger';
import { queuedBlobEvent, rabbitBlobEvent } from './blob-event-message';
import { queueMessageOf } from './queue-message';

/** Dead letters that are replayed, from the queue that they are sent to whatever the broker is. */
export function registerBlobEventsReplayed({ config, blobEvents }: App): void {
  app.generic('blob-event-replayed', {
    trigger: trigger.generic({
      ...{ type: 'queueTrigger', queueName: BLOB_REPLAY_QUEUE, dataType: 'binary' },
      connection: config.storage.connectionName,
    }),
    handler: (body: unknown, context: InvocationContext) => {
      const { raw, id } = queuedBlobEvent(body, context);
      return withInvocationLog(context, () => blobEvents.replay(raw, id));
    },
  });
}

/** What the host gave up becomes a dead letter (C8). */
export function registerBlobEventsPoisoned({ config, blobEvents, receivePoison }: App): void {
  const bury = async (message: QueueMessage): Promise<void> => {
    await blobEvents.restPoisoned(queueMessageText(message.body));
    await receivePoison('blob-events', BLOB_REPLAY_QUEUE, message);
  };
  for (const [name, queue] of [
    ['blob-events-poisoned', BLOB_EVENT_QUEUE],
    ['blob-event-replays-poisoned', BLOB_REPLAY_QUEUE],
  ] as const)
    app.storageQueue(name, {
      queueName: `${queue}-poison`,
      connection: config.storage.connectionName,
      handler: (body, context) => withInvocationLog(context, () => bury(queueMessageOf(body, context))),
    });
  if (config.blobEvents.broker.kind !== 'rabbitmq') return;
  app.generic('blob-events-rejected', {
    trigger: trigger.generic({
      ...{ type: 'rabbitMQTrigger', queueName: POISON, connectionStringSetting: 'RABBITMQ_URL' },
      ...{ prefetchCount: 1, dataType: 'binary' },
    }),
    handler: (body: unknown, context: InvocationContext) => {
      const { id, raw, insertedMs } = rabbitBlobEvent(body, context);
      return withInvocationLog(context, () => bury({ body: raw, id, dequeueCount: 5, insertedMs }));
    },
  });
}
