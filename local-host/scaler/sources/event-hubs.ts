/** `azure-eventhub`: events that no checkpoint of the consumer group is past, with checkpoints as the Functions host writes them. */
import type { EventHubConsumerClient } from '@azure/event-hubs';
import { eventHubsCheckpointSdk, eventHubsSdk, messageOf } from '../../brokers/broker-sdk';
import { identitySdk, statusOf } from '../../storage/azure-sdk';
import type { StorageConnection } from '../../storage/connection';
import type { MetricSource } from '../metric-source';
import { hubBacklog, type HubPartition } from './event-hub-backlog';
import type { Parameters } from './parameters';
import type { SourcePlugin } from './source-plugin';
import { storageOf } from './storage-of';

const DEFAULT_GROUP = '$Default';

/** `checkpointStrategy` `blobMetadata` alone, which is what the Functions host and the SDKs write. */
export const eventHubs: SourcePlugin = {
  type: 'azure-eventhub',
  parameters: [
    ...['connection', 'eventHubName', 'eventHubNamespace', 'consumerGroup', 'checkpointStrategy', 'blobContainer'],
    ...['storageConnection', 'storageAccountName', 'unprocessedEventThreshold', 'activationUnprocessedEventThreshold'],
    ...['stalePartitionInfoThreshold', 'cloud', 'endpointSuffix', 'storageEndpointSuffix'],
  ],
  create(parameters, { settings }): MetricSource {
    const strategy = parameters.text('checkpointStrategy');
    if (strategy !== 'blobMetadata')
      throw new Error(
        `metadata.checkpointStrategy is '${strategy ?? ''}'; blobMetadata is read here, which the Functions host writes.`,
      );
    const container = parameters.required('blobContainer');
    const group = parameters.text('consumerGroup') ?? DEFAULT_GROUP;
    const activation = parameters.whole('activationUnprocessedEventThreshold', 0, 0);
    const rules = {
      target: parameters.whole('unprocessedEventThreshold', 64, 1),
      staleBelow: parameters.whole('stalePartitionInfoThreshold', 10_000, 0),
    };
    const storage = storageOf(parameters, settings, { connection: 'storageConnection', account: 'storageAccountName' });
    const hub = hubOf(parameters);
    let client: EventHubConsumerClient | undefined;
    const close = async (): Promise<void> => {
      const open = client;
      client = undefined;
      await open?.close().catch(() => undefined);
    };
    return {
      what: `events behind of group '${group}' on event hub '${hub.name}'`,
      target: rules.target,
      async read(abortSignal) {
        client ??= hub.open(group);
        try {
          const partitions = await partitionsOf(client, storage, container, group, abortSignal);
          const { value, backlog } = hubBacklog(partitions, rules);
          return { value, active: backlog > activation };
        } catch (error) {
          await close();
          const cause = messageOf(error).replace(/\.$/, '');
          throw new Error(`${cause}. Check the connection, the event hub's name and the storage of its checkpoints.`, {
            cause: error,
          });
        }
      },
      close,
    };
  },
};

async function partitionsOf(
  client: EventHubConsumerClient,
  storage: StorageConnection,
  container: string,
  group: string,
  abortSignal: AbortSignal,
): Promise<HubPartition[]> {
  const { eventHubName, fullyQualifiedNamespace } = client;
  const [ids, checkpoints] = await Promise.all([
    client.getPartitionIds({ abortSignal }),
    checkpointsIn(storage, container, [fullyQualifiedNamespace, eventHubName, group]),
  ]);
  return Promise.all(
    ids.map(async (id) => {
      const about = await client.getPartitionProperties(id, { abortSignal });
      return {
        last: about.isEmpty && about.lastEnqueuedSequenceNumber <= 0 ? -1 : about.lastEnqueuedSequenceNumber,
        first: about.beginningSequenceNumber,
        checkpoint: checkpoints.get(id),
      };
    }),
  );
}

/** Sequence numbers by partition; none where the container is not there yet. */
async function checkpointsIn(
  storage: StorageConnection,
  container: string,
  [namespace, hub, group]: readonly [string, string, string],
): Promise<ReadonlyMap<string, number>> {
  const { BlobCheckpointStore } = eventHubsCheckpointSdk();
  try {
    const store = new BlobCheckpointStore(storage.blobs().getContainerClient(container));
    const checkpoints = await store.listCheckpoints(namespace, hub, group);
    return new Map(checkpoints.map(({ partitionId, sequenceNumber }) => [partitionId, sequenceNumber]));
  } catch (error) {
    if (statusOf(error) === 404) return new Map();
    throw error;
  }
}

interface Hub {
  readonly name: string;
  open(group: string): EventHubConsumerClient;
}

/** A connection wins over a pod identity, as for storage. */
function hubOf(parameters: Parameters): Hub {
  const connection = parameters.text('connection');
  const named = parameters.text('eventHubName');
  if (connection !== undefined) {
    const [, entity] = /(?:^|;)\s*EntityPath=([^;]+)/i.exec(connection) ?? [];
    const name = entity ?? named;
    if (name === undefined) throw new Error('metadata.eventHubName is missing, and the connection has no EntityPath.');
    return { name, open: (group) => new (eventHubsSdk().EventHubConsumerClient)(group, connection, name) };
  }
  if (!parameters.trigger.identity) parameters.required('connection');
  const namespace = parameters.required('eventHubNamespace');
  const name = parameters.required('eventHubName');
  const address = namespace.includes('.') ? namespace : `${namespace}.servicebus.windows.net`;
  const open = (group: string): EventHubConsumerClient =>
    new (eventHubsSdk().EventHubConsumerClient)(group, address, name, new (identitySdk().DefaultAzureCredential)());
  return { name, open };
}
