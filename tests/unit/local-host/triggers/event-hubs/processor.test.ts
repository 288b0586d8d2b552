import type { EventHubConsumerClient } from '@azure/event-hubs';
import { createLog } from '../../../../../local-host/log';
import { EventHubsProcessor } from '../../../../../local-host/triggers/event-hubs/processor';
import { VirtualClock } from '../../../../../local-host/virtual-clock';

/** A client whose parts close as they are told to. */
async function processorOf(close: () => Promise<void>): Promise<{ processor: EventHubsProcessor; closed: string[] }> {
  const closed: string[] = [];
  let subscribed = (): void => undefined;
  const ready = new Promise<void>((resolve) => (subscribed = resolve));
  const client = {
    subscribe: () => {
      subscribed();
      return { close: async () => (await close(), closed.push('subscription')) };
    },
    close: async () => (await close(), closed.push('client')),
  } as unknown as EventHubConsumerClient;
  const processor = new EventHubsProcessor({
    open: () => Promise.resolve({ client, begin: () => undefined }),
    settings: {
      maxEventBatchSize: 10,
      batchCheckpointFrequency: 1,
      prefetchCount: 10,
      loadBalancingUpdateIntervalMs: 1000,
      partitionOwnershipExpirationIntervalMs: 1000,
      startPosition: { isInclusive: true, offset: '-1' },
    },
    clock: new VirtualClock(0),
    log: createLog(() => undefined),
    functionName: 'f',
    eventHubName: 'orders',
    process: () => Promise.resolve(0),
    closeLimitMs: 20,
  });
  processor.start();
  await ready;
  return { processor, closed };
}

describe('reading an event hub ends', () => {
  test('when its client has closed, the subscription first', async () => {
    const { processor, closed } = await processorOf(() => Promise.resolve());
    await processor.stop();
    expect(closed).toEqual(['subscription', 'client']);
  });

  test('although its client never closes, as after a sleep that its links did not survive', async () => {
    const { processor, closed } = await processorOf(() => new Promise(() => undefined));
    await processor.stop();
    expect(closed).toEqual([]);
  });

  test('although its client fails to close', async () => {
    const { processor } = await processorOf(() => Promise.reject(new Error('The link is detached.')));
    await expect(processor.stop()).resolves.toBeUndefined();
  });
});
