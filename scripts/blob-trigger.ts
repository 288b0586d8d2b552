/**
 * `npm run blob-trigger`: {@link connectBlobTrigger} for what `azd` deployed, which runs it after each deployment (azure.yaml) and
 * hands it its environment. Signs in as `azd` does, or as `az` where azd is not signed in. Exit code 1 with the reason when it fails.
 */
import {
  AzureCliCredential,
  AzureDeveloperCliCredential,
  ChainedTokenCredential,
  type AccessToken,
} from '@azure/identity';
import { setTimeout as wait } from 'node:timers/promises';
import { connectBlobTrigger, type Deployed } from './local/azure/blob-trigger-subscription';
import { createResourceManager } from './local/azure/resource-manager';

const VISIT_MS = 60_000;
/** Before its end a token is asked for anew; the two command lines take a second for each. */
const RENEW_MS = 300_000;

type Environment = Readonly<Record<string, string | undefined>>;

async function main(environment: Environment): Promise<void> {
  // Another than Azure's public cloud has another.
  const endpoint = (environment['AZURE_RESOURCE_MANAGER'] ?? 'https://management.azure.com').replace(/\/+$/, '');
  if (!/^https:|^http:\/\/127\.0\.0\.1:/.test(endpoint))
    throw new Error(`AZURE_RESOURCE_MANAGER is ${endpoint}, and a token goes there: it has to begin with https.`);
  const credential = new ChainedTokenCredential(new AzureDeveloperCliCredential(), new AzureCliCredential());
  let held: AccessToken | undefined;
  const token = async (): Promise<string> => {
    if (held === undefined || held.expiresOnTimestamp < Date.now() + RENEW_MS)
      held = await credential.getToken(`${endpoint}/.default`);
    return held.token;
  };
  const deployed = deployedFrom(environment);
  await connectBlobTrigger(
    { azure: createResourceManager({ endpoint, token, wait }), visit, wait, say: (line) => console.log(line) },
    deployed,
  );
}

function deployedFrom(environment: Environment): Deployed {
  const value = (name: string): string => {
    const found = environment[name];
    if (found === undefined || found === '')
      throw new Error(
        `${name} is not set. azd sets it when it runs this after a deployment; by hand: azd hooks run postdeploy.`,
      );
    return found;
  };
  return {
    subscriptionId: value('AZURE_SUBSCRIPTION_ID'),
    resourceGroup: value('AZURE_RESOURCE_GROUP'),
    app: value('SERVICE_APP_NAME'),
    appUri: value('SERVICE_APP_URI').replace(/\/+$/, ''),
    storageAccount: value('STORAGE_ACCOUNT_NAME'),
    topic: value('EVENT_GRID_TOPIC_NAME'),
    pipelines: value('SERVICE_APP_PIPELINES')
      .split(',')
      .map((name) => name.trim()),
    container: value('INGESTION_CONTAINER'),
    prefix: environment['INGESTION_PREFIX'] ?? '',
  };
}

async function visit(url: string): Promise<{ readonly status: number; readonly text: string } | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(VISIT_MS) });
    return { status: response.status, text: await response.text() };
  } catch {
    return undefined;
  }
}

void main(process.env).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
