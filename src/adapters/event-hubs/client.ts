/** An Event Hubs client from our settings. The SDK is loaded at first use. */
import type { TokenCredential } from '@azure/core-auth';
import type { EventHubProducerClient } from '@azure/event-hubs';
import type { EventHubAccess } from '../../config/order-backends';

const RETRY = { maxRetries: 1, timeoutInMs: 10_000, retryDelayInMs: 200 };

export function eventHubClient(access: EventHubAccess, credential: () => TokenCredential): EventHubProducerClient {
  const { EventHubProducerClient: Client } = require('@azure/event-hubs') as typeof import('@azure/event-hubs');
  const options = { retryOptions: RETRY };
  return access.kind === 'identity'
    ? new Client(access.namespace, access.hub, credential(), options)
    : new Client(withoutEntity(access.connectionString), access.hub, options);
}

/** The SDK takes the hub's name in one place only. */
function withoutEntity(connectionString: string): string {
  return connectionString.replace(/;?\s*EntityPath=[^;]*/i, '');
}
