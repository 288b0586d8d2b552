import { app, trigger, type InvocationContext } from '@azure/functions';
import type { App } from '../composition';
import type { EventHubAccess } from '../config/order-backends';
import type { IncomingOrder } from '../intake/orders/order-work';
import { withInvocationLog } from '../telemetry/logger';
import { bodiesOf, fieldOfEach, positionOf, timeOf, traceparentOf } from './batch-metadata';
import { untilSettled } from './until-settled';

/** Orders from an event hub, many of one partition at a time (O1). */
export function registerOrdersFromEventHub({ orders }: App, { hub, group, connectionName }: EventHubAccess): void {
  app.generic('orders-from-event-hub', {
    trigger: trigger.generic({
      type: 'eventHubTrigger',
      connection: connectionName,
      eventHubName: hub,
      consumerGroup: group,
      cardinality: 'many',
      dataType: 'binary',
    }),
    retry: untilSettled,
    handler: (bodies: unknown, context: InvocationContext) =>
      withInvocationLog(context, () => orders.settle(eventHubOrders(hub, bodies, context))),
  });
}

function eventHubOrders(hub: string, bodies: unknown, context: InvocationContext): IncomingOrder[] {
  const metadata = context.triggerMetadata;
  const { partitionId } = (metadata?.['partitionContext'] ?? {}) as { partitionId?: unknown };
  const sequenceNumber = fieldOfEach(metadata, 'sequenceNumberArray');
  const enqueued = fieldOfEach(metadata, 'enqueuedTimeUtcArray');
  const properties = fieldOfEach(metadata, 'propertiesArray');
  return bodiesOf(bodies).map((payload, i) => {
    const { traceparent: own, ['diagnostic-Id']: diagnosticId } = (properties(i) ?? {}) as Record<string, unknown>;
    const traceparent = traceparentOf(own) ?? traceparentOf(diagnosticId);
    const position = positionOf(partitionId, sequenceNumber(i), context, i);
    return {
      payload,
      origin: {
        ...{ backend: 'eventhub', source: hub, position, enqueuedAt: timeOf(enqueued(i)) },
        ...(traceparent === undefined ? {} : { traceparent }),
      },
    };
  });
}
