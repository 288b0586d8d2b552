import { app, trigger, type InvocationContext } from '@azure/functions';
import type { App } from '../composition';
import { orderText } from '../domain/orders/order-event';
import type { OrderOrigin } from '../domain/orders/order-origin';
import { queueMessageText } from '../domain/queue-message';
import { ORDER_REPLAY_QUEUE, ORDERS_QUEUE } from '../domain/storage-layout';
import { withInvocationLog } from '../telemetry/logger';
import { queueMessageOf } from './queue-message';

/** Orders from the storage queue (O1). */
export function registerOrdersQueued({ config, orders }: App): void {
  app.generic('orders-queued', {
    trigger: bytesFrom(ORDERS_QUEUE, config.storage.connectionName),
    handler: (body: unknown, context: InvocationContext) =>
      withInvocationLog(context, () => orders.settle([queuedOrder(ORDERS_QUEUE, body, context)])),
  });
}

/** Dead letters that are replayed, from the queue that they are sent to whatever the backend is (O5). */
export function registerOrdersReplayed({ config, orders }: App): void {
  app.generic('orders-replayed', {
    trigger: bytesFrom(ORDER_REPLAY_QUEUE, config.storage.connectionName),
    handler: (body: unknown, context: InvocationContext) => {
      const { payload, origin } = queuedOrder(ORDER_REPLAY_QUEUE, body, context);
      return withInvocationLog(context, () => orders.replay(String(payload), origin));
    },
  });
}

/** As bytes: the worker would parse JSON and lose what numbers cannot hold. */
function bytesFrom(queueName: string, connection: string) {
  return trigger.generic({ type: 'queueTrigger', queueName, connection, dataType: 'binary' });
}

function queuedOrder(source: string, body: unknown, context: InvocationContext) {
  const { id, insertedMs } = queueMessageOf(body, context);
  const text = Buffer.isBuffer(body) ? orderText(body) : String(body);
  // What is not UTF-8 stays as it came, and is refused for that; base64 is what Event Grid and older SDKs write.
  const payload = text === undefined ? (body as Buffer) : queueMessageText(text);
  const origin: OrderOrigin = { backend: 'queue', source, position: id, enqueuedAt: insertedMs };
  return { payload, origin };
}

/** What the host gave up becomes a dead letter (C8). */
export function registerOrdersPoisoned({ config, receivePoison }: App): void {
  for (const [name, queue] of [
    ['orders-poisoned', ORDERS_QUEUE],
    ['order-replays-poisoned', ORDER_REPLAY_QUEUE],
  ] as const) {
    app.storageQueue(name, {
      queueName: `${queue}-poison`,
      connection: config.storage.connectionName,
      handler: (body, context) =>
        withInvocationLog(context, () => receivePoison('orders', queue, queueMessageOf(body, context))),
    });
  }
}
