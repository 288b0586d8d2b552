/**
 * The subscription by which Event Grid tells the Functions host of blobs for `ingest_blob`, where the trigger cannot look for them
 * itself (Flex Consumption). It carries a key that the host makes when it runs for the first time, so no template can hold it.
 * https://learn.microsoft.com/azure/azure-functions/functions-event-grid-blob-trigger
 */
import { DEAD_LETTER_CONTAINER } from '../../../src/domain/storage-layout';
import { ResourceManagerError, type ResourceManager } from './resource-manager';

/** What `azd provision` made, by the outputs of infra/main.bicep. */
export interface Deployed {
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly app: string;
  /** Without a slash at its end. */
  readonly appUri: string;
  readonly storageAccount: string;
  /** The system topic of that account. */
  readonly topic: string;
  readonly pipelines: readonly string[];
  readonly container: string;
  /** '' for all blobs of the container. */
  readonly prefix: string;
}

export interface Tools {
  readonly azure: ResourceManager;
  /** Of a GET: status and text; undefined when nobody answers. */
  readonly visit: (url: string) => Promise<{ readonly status: number; readonly text: string } | undefined>;
  readonly wait: (ms: number) => Promise<void>;
  readonly say: (line: string) => void;
}

export const EVENT_GRID_VERSION = '2024-06-01-preview';
const SITES_VERSION = '2023-12-01';
const NAME = 'ingestion';
const FUNCTION = 'ingest_blob';
/** Looks for the key, and tries of the handshake: some five minutes, in which a new app starts and takes up its functions. */
const TRIES = 20;
const WAIT_MS = 15_000;

/**
 * Makes the subscription or brings it up to date, and removes it where the app does not take in texts; may be run again at any time.
 *
 * @throws Error with what is wrong and what to do; it never holds the key.
 */
export async function connectBlobTrigger(tools: Tools, deployed: Deployed): Promise<void> {
  const { azure, say } = tools;
  const group = `/subscriptions/${deployed.subscriptionId}/resourceGroups/${deployed.resourceGroup}`;
  const subscription = `${group}/providers/Microsoft.EventGrid/systemTopics/${deployed.topic}/eventSubscriptions/${NAME}`;
  if (!deployed.pipelines.includes('ingestion')) {
    await azure.call('DELETE', subscription, EVENT_GRID_VERSION);
    say('The app does not take in texts, so Event Grid tells it of none.');
    return;
  }
  const key = await keyOfBlobs(tools, deployed, `${group}/providers/Microsoft.Web/sites/${deployed.app}`);
  const failed = await subscribe(tools, deployed, subscription, subscriptionBody(deployed, key)).then(
    () => undefined,
    (error: unknown) => (error as Error).message,
  );
  // Azure says what it was told, and nothing of that error is kept but this.
  if (failed !== undefined) throw new Error(failed.replaceAll(encodeURIComponent(key), '…').replaceAll(key, '…'));
  say(`Event Grid tells ${deployed.app} of blobs in ${deployed.container}/${deployed.prefix}.`);
  say('Blobs that were there before are taken in by npm run reindex.');
}

/** What Azure Resource Manager is to make; the key is in the address alone. */
export function subscriptionBody(deployed: Deployed, key: string): { readonly properties: object } {
  const account = `/subscriptions/${deployed.subscriptionId}/resourceGroups/${deployed.resourceGroup}/providers/Microsoft.Storage/storageAccounts/${deployed.storageAccount}`;
  const query = `functionName=Host.Functions.${FUNCTION}&code=${encodeURIComponent(key)}`;
  return {
    properties: {
      eventDeliverySchema: 'EventGridSchema',
      filter: {
        includedEventTypes: ['Microsoft.Storage.BlobCreated'],
        subjectBeginsWith: `/blobServices/default/containers/${deployed.container}/blobs/${deployed.prefix}`,
      },
      destination: {
        endpointType: 'WebHook',
        properties: {
          endpointUrl: `${deployed.appUri}/runtime/webhooks/blobs?${query}`,
          maxEventsPerBatch: 1,
          minimumTlsVersionAllowed: '1.2',
        },
      },
      retryPolicy: { maxDeliveryAttempts: 30, eventTimeToLiveInMinutes: 1440 },
      // As of the media pipeline's events: the topic's own identity may write there.
      deadLetterWithResourceIdentity: {
        identity: { type: 'SystemAssigned' },
        deadLetterDestination: {
          endpointType: 'StorageBlob',
          properties: { resourceId: account, blobContainerName: DEAD_LETTER_CONTAINER },
        },
      },
    },
  };
}

/** The host makes it when it starts with a blob trigger of that source, so it is woken until the key is there. */
async function keyOfBlobs(
  { azure, visit, wait, say }: Tools,
  { app, appUri }: Deployed,
  site: string,
): Promise<string> {
  for (let tries = 1; tries <= TRIES; tries++) {
    await visit(`${appUri}/healthz`);
    const keys = await azure.call('POST', `${site}/host/default/listkeys`, SITES_VERSION).catch((error: unknown) => {
      // The host is not there yet; anything else, such as a missing right, does not pass by itself.
      if (error instanceof ResourceManagerError && [400, 404, 409].includes(error.status)) return undefined;
      throw error;
    });
    const { systemKeys } = (keys ?? {}) as { readonly systemKeys?: { readonly blobs_extension?: string } };
    if (systemKeys?.blobs_extension !== undefined && systemKeys.blobs_extension !== '')
      return systemKeys.blobs_extension;
    if (tries === 1) say(`${app} has no key for blob events yet; waiting for its host …`);
    if (tries < TRIES) await wait(WAIT_MS);
  }
  const ready = await visit(`${appUri}/readyz`);
  const said = ready === undefined ? 'does not answer' : `answers ${ready.status}: ${ready.text.slice(0, 1_000)}`;
  throw new Error(
    `${app} made no key for blob events (systemKeys.blobs_extension): its host has no blob trigger. ${appUri}/readyz ${said}. Mend the settings that it names, or look at the app's log; then: azd hooks run postdeploy.`,
  );
}

/** Event Grid asks the function for an answer before it makes anything; a function that just came may need a while to give it. */
async function subscribe(
  { azure, visit, wait }: Tools,
  { appUri }: Deployed,
  path: string,
  body: { readonly properties: object },
): Promise<void> {
  for (let tries = 1; ; tries++)
    try {
      await azure.call('PUT', path, EVENT_GRID_VERSION, body);
      return;
    } catch (error) {
      const handshake =
        error instanceof ResourceManagerError && /validat|handshake/i.test(`${error.code} ${error.message}`);
      if (!handshake || tries === TRIES)
        throw new Error(
          `Event Grid does not take the subscription ${NAME}: ${error instanceof Error ? error.message : String(error)}`,
          { cause: error },
        );
      await visit(`${appUri}/healthz`);
      await wait(WAIT_MS);
    }
}
