import type { Config } from './config';
import { EVENT_HUB_CONNECTION } from './order-backends';
import { NAMED_ACCOUNT_CONNECTION } from './storage-access';

/**
 * Settings of the Functions host that follow from ours, for whoever starts the host: `npm start`, the image's entrypoint.
 * Triggers can only name a connection, so an account given by STORAGE_ACCOUNT_NAME becomes one here.
 */
export function hostSettingsFrom(config: Config): Readonly<Record<string, string>> {
  const derived: Record<string, string> = {
    FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: String(config.upload.maxBytes + 1024 * 1024),
  };
  if (config.share && config.pipelines.has('nfs')) {
    // One transfer may take as long as its file does; and as many as may run must find a place in the host (N5).
    derived.AzureFunctionsJobHost__functionTimeout = '-1';
    derived.AzureFunctionsJobHost__extensions__durableTask__maxConcurrentActivityFunctions = String(
      Math.max(10, config.share.workerConcurrency * 2),
    );
  }
  const { broker, batchSize } = config.blobEvents;
  // Where the binding's own count is not heeded: what is handed out ahead is not seen to wait.
  if (config.pipelines.has('blob-events') && broker.kind === 'rabbitmq')
    derived.AzureFunctionsJobHost__extensions__rabbitMQ__prefetchCount = '1';
  if (config.pipelines.has('blob-events') && broker.kind === 'queue' && batchSize > 0) {
    // The host holds batchSize + newBatchThreshold at most; halves keep it busy while the last of a batch are in work.
    const ahead = Math.floor(batchSize / 2);
    derived.AzureFunctionsJobHost__extensions__queues__batchSize = String(batchSize - ahead);
    derived.AzureFunctionsJobHost__extensions__queues__newBatchThreshold = String(ahead);
  }
  if (config.pipelines.has('orders')) Object.assign(derived, ordersHostSettings(config.orders));
  const { storage } = config;
  if (storage.connectionName === NAMED_ACCOUNT_CONNECTION) {
    if (storage.kind === 'account-key') {
      derived[NAMED_ACCOUNT_CONNECTION] =
        `DefaultEndpointsProtocol=https;AccountName=${storage.account};AccountKey=${storage.key};EndpointSuffix=core.windows.net`;
    } else {
      derived[`${NAMED_ACCOUNT_CONNECTION}__accountName`] = storage.account;
    }
  }
  return derived;
}

/** That a failed run is not counted as read stands in host.json, since it must hold whoever starts the host. */
function ordersHostSettings({ backends, batchSize, pollIntervalS }: Config['orders']): Record<string, string> {
  const derived: Record<string, string> = {};
  if (backends.kafka) {
    derived.AzureFunctionsJobHost__extensions__kafka__maxBatchSize = String(batchSize);
    derived.AzureFunctionsJobHost__extensions__kafka__subscriberIntervalInSeconds = String(pollIntervalS);
  }
  const { eventHub } = backends;
  if (eventHub) {
    derived.AzureFunctionsJobHost__extensions__eventHubs__maxEventBatchSize = String(batchSize);
    if (eventHub.kind === 'identity') derived[`${EVENT_HUB_CONNECTION}__fullyQualifiedNamespace`] = eventHub.namespace;
  }
  return derived;
}

/**
 * What the local host gets on top: it streams bodies instead of buffering them, so it need not refuse large ones with an empty
 * answer before the app can say why.
 */
export const localHostSettings = { FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: String(Number.MAX_SAFE_INTEGER) } as const;
