/** What is to be known of an event hub and how far its trigger has read it. Keeps one connection, made at first use. */
import type { TokenCredential } from '@azure/core-auth';
import type { EventHubProducerClient } from '@azure/event-hubs';
import type { ContainerClient } from '@azure/storage-blob';
import type { EventHubAccess } from '../../config/order-backends';
import type { Backlog } from '../../ports/backlog';
import type { Probe } from '../../ports/probe';
import { eventHubClient } from './client';

/** Where the Functions host keeps the checkpoints of its triggers, in its own account. */
export const CHECKPOINT_CONTAINER = 'azure-webjobs-eventhub';

export interface EventHub {
  /** What was enqueued behind the checkpoint of each partition; all that is there where it has none. */
  readonly backlog: Backlog;
  /** The hub answers. */
  readonly probe: Probe;
  stop(): Promise<void>;
}

export interface EventHubPorts {
  readonly credential: () => TokenCredential;
  /** {@link CHECKPOINT_CONTAINER}; undefined when the host's account is not known. */
  readonly checkpoints: (() => ContainerClient) | undefined;
}

export function createEventHub(access: EventHubAccess, { credential, checkpoints }: EventHubPorts): EventHub {
  let client: EventHubProducerClient | undefined;

  /** Of a connection that failed nothing is kept. */
  async function ask<T>(question: (client: EventHubProducerClient) => Promise<T>): Promise<T> {
    const asked = (client ??= eventHubClient(access, credential));
    try {
      return await question(asked);
    } catch (error) {
      if (client === asked) client = undefined;
      void asked.close().catch(() => undefined);
      throw error;
    }
  }

  /** Last sequence number that was checkpointed, by partition. */
  async function checkpointed({ fullyQualifiedNamespace }: EventHubProducerClient): Promise<Map<string, number>> {
    if (!checkpoints)
      throw new Error('AzureWebJobsStorage cannot be read, so that the checkpoints of the event hub are not known.');
    const sdk =
      require('@azure/eventhubs-checkpointstore-blob') as typeof import('@azure/eventhubs-checkpointstore-blob');
    const container = checkpoints();
    // Made by the host with the first trigger.
    if (!(await container.exists())) return new Map();
    const found = await new sdk.BlobCheckpointStore(container).listCheckpoints(
      fullyQualifiedNamespace,
      access.hub,
      access.group,
    );
    return new Map(found.map(({ partitionId, sequenceNumber }) => [partitionId, sequenceNumber]));
  }

  return {
    backlog: () =>
      ask(async (connected) => {
        const [ids, read] = await Promise.all([connected.getPartitionIds(), checkpointed(connected)]);
        const partitions = await Promise.all(
          ids.map(async (partition) => {
            const { isEmpty, beginningSequenceNumber, lastEnqueuedSequenceNumber } =
              await connected.getPartitionProperties(partition);
            const before = Math.max(read.get(partition) ?? -1, beginningSequenceNumber - 1);
            return { partition, waiting: isEmpty ? 0 : Math.max(0, lastEnqueuedSequenceNumber - before) };
          }),
        );
        return { waiting: partitions.reduce((sum, { waiting }) => sum + waiting, 0), partitions };
      }),
    probe: {
      name: `event hub ${access.hub} at ${access.describes}`,
      check: (signal) =>
        ask(async (connected) => void (await connected.getEventHubProperties({ abortSignal: signal }))),
    },
    async stop() {
      await client?.close().catch(() => undefined);
    },
  };
}
