/** Event Hubs trigger: one {@link EventHubsProcessor} per function. */
import type { PartitionContext, ReceivedEventData } from '@azure/event-hubs';
import { bindingText } from '../../brokers/app-setting';
import { eventHubsCheckpointSdk, eventHubsSdk } from '../../brokers/broker-sdk';
import { eventHub } from '../../brokers/event-hubs-connection';
import { traceOf } from '../../brokers/trace-context';
import type { BindingDefinition, FunctionDefinition } from '../../function-definition';
import { FunctionIndexingError, type HostContext, type TriggerPlugin } from '../../plugin';
import { storageConnection } from '../../storage/connection';
import { ForwardCheckpoints } from './checkpoints';
import { batchInput, batchMetadata, isBinary, singleInput, singleMetadata, triggerDetails } from './event-data';
import { EventHubsProcessor, type OpenedHub } from './processor';
import { eventHubsSettings, type EventHubsSettings } from './settings';

const CONTAINER = 'azure-webjobs-eventhub';
const DEFAULT_GROUP = '$Default';

/** Trigger `eventHubTrigger`. Options `connection`, `eventHubName`, `consumerGroup`, `cardinality` (default many), `dataType`. */
export const eventHubsTrigger: TriggerPlugin = {
  type: 'eventhubtrigger',
  check(_fn, binding, context) {
    eventHub(binding, context);
    storageConnection(context.settings);
    eventHubsSettings(context);
    isMany(binding);
  },
  async start(fn, binding, context) {
    const settings = eventHubsSettings(context);
    const { clock, log } = context;
    const tell = warnOnce(context);
    const processor = new EventHubsProcessor({
      ...{ settings, clock, log, functionName: fn.name, eventHubName: eventHub(binding, context).eventHubName },
      open: () => openClient(binding, context, settings),
      async process(events, partition, goOn) {
        let done = 0;
        for (const batch of isMany(binding) ? [events] : events.map((event) => [event])) {
          if (!goOn()) break;
          if (!(await invoke(fn, binding, context, batch, partition))) {
            // What failed because the host stops is left to whoever reads the partition next.
            if (!goOn()) break;
            tell(fn.name);
          }
          done += batch.length;
        }
        return done;
      },
    });
    processor.start();
    return processor;
  },
};

async function openClient(
  binding: BindingDefinition,
  context: HostContext,
  settings: EventHubsSettings,
): Promise<OpenedHub> {
  const { EventHubConsumerClient: Client } = eventHubsSdk();
  const { BlobCheckpointStore } = eventHubsCheckpointSdk();
  const container = storageConnection(context.settings).blobs().getContainerClient(CONTAINER);
  await container.createIfNotExists();
  const store = new ForwardCheckpoints(container, new BlobCheckpointStore(container));
  const hub = eventHub(binding, context);
  const group = bindingText(context.settings, binding, 'consumerGroup') ?? DEFAULT_GROUP;
  const options = {
    loadBalancingOptions: {
      strategy: 'greedy' as const,
      updateIntervalInMs: settings.loadBalancingUpdateIntervalMs,
      partitionOwnershipExpirationIntervalInMs: settings.partitionOwnershipExpirationIntervalMs,
    },
  };
  const client =
    'connectionString' in hub
      ? new Client(group, hub.connectionString, hub.eventHubName, store, options)
      : new Client(group, hub.fullyQualifiedNamespace, hub.eventHubName, hub.credential(), store, options);
  return { client, begin: (partitionId) => store.begin(partitionId) };
}

async function invoke(
  fn: FunctionDefinition,
  binding: BindingDefinition,
  context: HostContext,
  events: readonly ReceivedEventData[],
  partition: PartitionContext,
): Promise<boolean> {
  const [first] = events;
  if (first === undefined) return true;
  const many = isMany(binding);
  const binary = isBinary(binding['dataType']);
  // A run for several events belongs to several traces, hence to none.
  const traceContext = many ? undefined : traceOf(first.properties?.['Diagnostic-Id'], undefined);
  const { error } = await context.invoke(fn, {
    input: many ? batchInput(events, binary) : singleInput(first, binary),
    triggerMetadata: many ? batchMetadata(events, partition) : singleMetadata(first, partition),
    reason: '(null)',
    details: triggerDetails(events, partition),
    ...(traceContext ? { traceContext } : {}),
  });
  return error === undefined;
}

function warnOnce(context: HostContext): (functionName: string) => void {
  let warned = false;
  return (functionName) => {
    if (!warned)
      context.log.warning(
        `'${functionName}' failed, yet its events are checkpointed and not run again, as in Azure. Catch errors in the function and keep what failed, or give it a retry policy. This is said once.`,
      );
    warned = true;
  };
}

function isMany(binding: BindingDefinition): boolean {
  const { cardinality } = binding;
  const word = typeof cardinality === 'string' ? cardinality.toLowerCase() : '';
  if (word === 'many' || word === 'one' || word === '') return word !== 'one';
  throw new FunctionIndexingError(
    `'cardinality' of binding '${binding.name}' is '${String(cardinality)}'; it must be one or many.`,
  );
}
