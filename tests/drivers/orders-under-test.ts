/** What tests of orders on brokers share: events, publishers, a downstream whose orders are awaited. */
import { EventHubProducerClient } from '@azure/event-hubs';
import { startMockDownstream, type MockDownstream } from '../../scripts/orders/mock-downstream';
import type { EventHubsServer } from './event-hubs-server';
import type { StorageUnderTest } from './storage-under-test';

export interface AwaitedDownstream extends MockDownstream {
  /** Resolves with the texts that it took once `is` is content with them, in the order in which they were taken. */
  until(is: (texts: readonly string[]) => boolean): Promise<readonly string[]>;
}

export async function startAwaitedDownstream(): Promise<AwaitedDownstream> {
  const waits = new Set<() => void>();
  const downstream = await startMockDownstream(0, Math.random, () => waits.forEach((wake) => wake()));
  return {
    ...downstream,
    until: (is) =>
      new Promise((resolve) => {
        const look = (): void => {
          const texts = [...downstream.taken.values()].map((order) => order.text);
          if (!is(texts)) return;
          waits.delete(look);
          resolve(texts);
        };
        waits.add(look);
        look();
      }),
  };
}

export function orderText(fields: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ schemaVersion: '1.0', tenantId: 'acme', orderId: 'o', requestId: 'r', ...fields });
}

/** `n` of each event of an order, as they were taken. */
export function numbersOf(texts: readonly string[], orderId: string): readonly unknown[] {
  return texts
    .map((text) => JSON.parse(text) as { readonly orderId: string; readonly n: unknown })
    .filter((event) => event.orderId === orderId)
    .map(({ n }) => n);
}

/** Where the dead letters of an app's orders came from: `partition/offset` as `#/#`. */
export async function originsOfLetters(app: { readonly url: string }): Promise<readonly (string | undefined)[][]> {
  const answer = await fetch(`${app.url}/v1/dead-letters?pipeline=orders`);
  const { items } = (await answer.json()) as { items: readonly { keys: Record<string, string> }[] };
  return items.map(({ keys }) => [keys['backend'], keys['source'], keys['position']?.replace(/\d+/g, '#')]);
}

/** Partitions move at once, and those of a host that was killed are taken over after 3 s instead of 30. */
export const quickEventHubs = {
  AzureFunctionsJobHost__extensions__eventHubs__loadBalancingUpdateInterval: '00:00:00.2',
  AzureFunctionsJobHost__extensions__eventHubs__partitionOwnershipExpirationInterval: '00:00:03',
} as const;

export async function sendToQueue(storage: StorageUnderTest, text: string): Promise<void> {
  await storage.clients.queues().getQueueClient('orders').sendMessage(text);
}

/** With the SDK, as a publisher would, keyed by `key`. */
export async function sendToHub(
  server: EventHubsServer,
  key: string,
  events: readonly { readonly body: string | Buffer; readonly properties?: Record<string, string> }[],
): Promise<void> {
  const producer = new EventHubProducerClient(server.connectionString);
  try {
    await producer.sendBatch(
      events.map((event) => ({ ...event, body: Buffer.from(event.body) })),
      { partitionKey: key },
    );
  } finally {
    await producer.close();
  }
}
