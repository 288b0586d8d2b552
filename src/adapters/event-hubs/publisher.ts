import type { TokenCredential } from '@azure/core-auth';
import type { EventHubProducerClient } from '@azure/event-hubs';
import type { EventHubAccess } from '../../config/order-backends';
import type { OrderPublisher } from '../../ports/order-publisher';
import { eventHubClient } from './client';

export function createEventHubPublisher(access: EventHubAccess, credential: () => TokenCredential): OrderPublisher {
  const client = eventHubClient(access, credential);
  return {
    async send(orders) {
      const byKey = new Map<string, string[]>();
      for (const { key, text } of orders) byKey.set(key, [...(byKey.get(key) ?? []), text]);
      await Promise.all([...byKey].map(([partitionKey, texts]) => sendKey(client, partitionKey, texts)));
    },
    close: () => client.close(),
  };
}

/** One after the other, in batches as large as the hub takes them. */
async function sendKey(client: EventHubProducerClient, partitionKey: string, texts: readonly string[]): Promise<void> {
  let batch = await client.createBatch({ partitionKey });
  for (const text of texts) {
    const event = { body: Buffer.from(text) };
    if (batch.tryAdd(event)) continue;
    if (batch.count === 0) throw new Error(`An event of ${text.length} characters is larger than the event hub takes.`);
    await client.sendBatch(batch);
    batch = await client.createBatch({ partitionKey });
    if (!batch.tryAdd(event))
      throw new Error(`An event of ${text.length} characters is larger than the event hub takes.`);
  }
  if (batch.count > 0) await client.sendBatch(batch);
}
