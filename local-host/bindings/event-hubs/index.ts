/** Event Hubs output. */
import type { EventHubProducerClient } from '@azure/event-hubs';
import { eventHubsSdk } from '../../brokers/broker-sdk';
import { eventHub, type EventHub } from '../../brokers/event-hubs-connection';
import { messagesOf } from '../../output-messages';
import type { BindingPlugin, HostContext } from '../../plugin';
import { resolveExpression } from '../../storage/binding-expression';

const producers = new WeakMap<HostContext, Map<string, EventHubProducerClient>>();

/** Output `eventHub`. Options `eventHubName` (with `%SETTING%` and `{expression}`), `connection`. Each value is one event. */
export const eventHubsBinding: BindingPlugin = {
  type: 'eventhub',
  async output(binding, data, metadata, context) {
    const messages = messagesOf(data);
    if (messages.length === 0) return;
    const given = binding['eventHubName'];
    const eventHubName = typeof given === 'string' ? resolveExpression(given, metadata, context) : given;
    const hub = eventHub({ ...binding, eventHubName }, context);
    const producer = producerOf(hub, context);
    let batch = await producer.createBatch();
    for (const message of messages) {
      // Bytes, which the client sends as they are.
      const event = { body: typeof message === 'string' ? Buffer.from(message, 'utf8') : message };
      if (batch.tryAdd(event)) continue;
      if (batch.count > 0) await producer.sendBatch(batch);
      batch = await producer.createBatch();
      if (!batch.tryAdd(event))
        throw new Error(
          `An event of ${message.length} bytes is too large for event hub '${hub.eventHubName}', which takes batches of ${batch.maxSizeInBytes} bytes.`,
        );
    }
    await producer.sendBatch(batch);
  },
  async stop(context) {
    const open = [...(producers.get(context)?.values() ?? [])];
    producers.delete(context);
    await Promise.allSettled(open.map((producer) => producer.close()));
  },
};

function producerOf(hub: EventHub, context: HostContext): EventHubProducerClient {
  let open = producers.get(context);
  if (!open) producers.set(context, (open = new Map<string, EventHubProducerClient>()));
  const where = 'connectionString' in hub ? hub.connectionString : hub.fullyQualifiedNamespace;
  const key = `${where} ${hub.eventHubName}`;
  const existing = open.get(key);
  if (existing) return existing;
  const { EventHubProducerClient: Client } = eventHubsSdk();
  const made =
    'connectionString' in hub
      ? new Client(hub.connectionString, hub.eventHubName)
      : new Client(hub.fullyQualifiedNamespace, hub.eventHubName, hub.credential());
  open.set(key, made);
  return made;
}
