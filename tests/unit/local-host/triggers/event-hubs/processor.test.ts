import {
  CloseReason,
  type EventHubConsumerClient,
  type PartitionContext,
  type ReceivedEventData,
  type SubscriptionEventHandlers,
} from '@azure/event-hubs';
import { createLog } from '../../../../../local-host/log';
import { EventHubsProcessor, type ProcessorOptions } from '../../../../../local-host/triggers/event-hubs/processor';
import { VirtualClock } from '../../../../../local-host/virtual-clock';

interface ProcessorUnderTest {
  readonly processor: EventHubsProcessor;
  readonly closed: string[];
  /** What the client calls. */
  readonly handlers: SubscriptionEventHandlers;
}

/** A client whose parts close as they are told to. */
async function processorOf(
  close: () => Promise<void>,
  process: ProcessorOptions['process'] = () => Promise.resolve(0),
): Promise<ProcessorUnderTest> {
  const closed: string[] = [];
  let subscribed: (handlers: SubscriptionEventHandlers) => void;
  const ready = new Promise<SubscriptionEventHandlers>((resolve) => (subscribed = resolve));
  const client = {
    subscribe: (handlers: SubscriptionEventHandlers) => {
      subscribed(handlers);
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
    process,
    closeLimitMs: 20,
  });
  processor.start();
  return { processor, closed, handlers: await ready };
}

/** A reading of partition 0, as the client tells of it, and the sequence numbers that were checkpointed. */
function readingOf({ handlers }: ProcessorUnderTest) {
  const checkpointed: number[] = [];
  const context = {
    partitionId: '0',
    updateCheckpoint: ({ sequenceNumber }: ReceivedEventData) => {
      checkpointed.push(sequenceNumber);
      return Promise.resolve();
    },
  } as unknown as PartitionContext;
  return {
    checkpointed,
    begins: () => handlers.processInitialize?.(context),
    gets: (sequenceNumber: number) => handlers.processEvents([{ sequenceNumber } as ReceivedEventData], context),
    isLost: () => handlers.processClose?.(CloseReason.OwnershipLost, context),
  };
}

const closesAtOnce = (): Promise<void> => Promise.resolve();

describe('a partition that was lost and is read once more', () => {
  test('is not checkpointed by a run from before', async () => {
    const ends: (() => void)[] = [];
    const under = await processorOf(
      closesAtOnce,
      (events) => new Promise((resolve) => ends.push(() => resolve(events.length))),
    );
    const [before, after] = [readingOf(under), readingOf(under)];
    await before.begins();
    const late = before.gets(5);
    await after.begins();
    const timely = after.gets(9);
    for (const end of ends) end();
    await Promise.all([late, timely]);
    expect(before.checkpointed).toEqual([]);
    expect(after.checkpointed).toEqual([9]);
    await under.processor.stop();
  });

  test('is read on although the end of the reading before is told only now', async () => {
    const under = await processorOf(closesAtOnce, (events, _context, goOn) =>
      Promise.resolve(goOn() ? events.length : 0),
    );
    const [before, after] = [readingOf(under), readingOf(under)];
    await before.begins();
    await after.begins();
    await before.isLost();
    await after.gets(9);
    expect(after.checkpointed).toEqual([9]);
    await after.isLost();
    await after.gets(10);
    expect(after.checkpointed).toEqual([9]);
    await under.processor.stop();
  });
});

describe('reading an event hub ends', () => {
  test('when its client has closed, the subscription first', async () => {
    const { processor, closed } = await processorOf(closesAtOnce);
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
