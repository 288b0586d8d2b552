/**
 * Settings, credential, and one call to each service that is needed, before a host starts (C4). Run by itself
 * (`node dist/src/preflight.js`, an init container's command) it checks the environment as it is: exit code 0 when all is well,
 * 78 (EX_CONFIG of sysexits.h) with the reasons when not. Secrets are never printed.
 */
import { createStorageClients, identity } from './adapters/azure-storage/clients';
import { provisionStorage, type StorageLayout } from './adapters/azure-storage/provision';
import { createShareAccount } from './adapters/azure-storage/share-account';
import { createEventHub } from './adapters/event-hubs/hub';
import { createKafkaTopic } from './adapters/kafka/topic';
import { createShareFiles } from './adapters/share/share-files';
import { createBlobEventBroker } from './compose-blob-events';
import { createDocumentStore, createEmbedder } from './compose-ingestion';
import { loadConfig, type Config } from './config/config';
import { environment } from './config/environment';
import { describeProblem, type Environment } from './config/setting-problem';
import type { Probe } from './ports/probe';
import { messageOf } from './telemetry/logger';
import type { EmbeddingModel } from './domain/ingestion/document';
import { storageLayout } from './domain/storage-layout';

export const EX_CONFIG = 78;

export type Preflight =
  { readonly ok: true; readonly config: Config } | { readonly ok: false; readonly reasons: readonly string[] };

/** Only the settings; asks nobody. */
export function checkSettings(env: Environment): Preflight {
  const loaded = loadConfig(env);
  return loaded.ok ? loaded : { ok: false, reasons: loaded.problems.map(describeProblem) };
}

/** What to do when the account says no. */
const REFUSED: Readonly<Record<Config['storage']['kind'], string>> = {
  identity: 'The identity needs Storage Blob, Queue and Table Data Contributor on the account.',
  'connection-string':
    'Check that the key or signature in AzureWebJobsStorage is that of this account, and that it was not changed since.',
  'account-key': 'Check that STORAGE_ACCOUNT_KEY is a key of this account, and that it was not changed since.',
};
/** What to do when nobody answered, or no token was had. */
const UNREACHED: Readonly<Record<Config['storage']['kind'], string>> = {
  identity:
    'Sign in (az login, or azd auth login), or set AZURE_CLIENT_ID where there are several identities; then check the account name and the network.',
  'connection-string':
    'Check the address in AzureWebJobsStorage and the network; for development storage, that it runs.',
  'account-key': 'Check STORAGE_ACCOUNT_NAME and the network.',
};

/** With the container that the settings name. */
function layoutOf({ ingestion }: Config): StorageLayout {
  return { ...storageLayout, containers: [...new Set([...storageLayout.containers, ingestion.container])] };
}

/** One call to storage, which also makes what is missing there. */
export async function checkStorage(config: Config): Promise<Preflight> {
  const { storage } = config;
  try {
    await provisionStorage(createStorageClients(storage), layoutOf(config));
    return { ok: true, config };
  } catch (error) {
    return { ok: false, reasons: [storageRefusal(config, error)] };
  }
}

function storageRefusal({ storage }: Config, error: unknown): string {
  const { message, code, statusCode } = error as { message: string; code?: string; statusCode?: number };
  const found = [statusCode, code, message.split('\n')[0]].filter(Boolean).join(' ').replace(/\.+$/, '');
  const remedy =
    statusCode === undefined
      ? UNREACHED[storage.kind]
      : statusCode === 403 || statusCode === 401
        ? REFUSED[storage.kind]
        : 'Check the account name, the network, and that the credential is meant for this account.';
  return `Storage account ${storage.account} by ${storage.describes} does not let us in: ${found}. ${remedy}`;
}

/** The share's account, by the access that will be used, and its folders (FR-9). Nothing to do where the pipeline is off. */
export async function checkShare(config: Config): Promise<Preflight> {
  if (!config.share || !config.pipelines.has('nfs')) return { ok: true, config };
  const { access, roots, deadlineMs } = config.share;
  const account = createShareAccount(access);
  const share = createShareFiles({ roots, threads: 1, deadlineMs });
  const reasons: string[] = [];
  try {
    await account.container();
    console.log(`Share: container ${access.container} by ${account.describes()}.`);
  } catch (error) {
    reasons.push(`CREDENTIAL_MISSING APP_AZURE_ACCOUNT_URL: ${messageOf(error)}`);
  }
  try {
    reasons.push(...(await share.check()).map((problem) => `SETTINGS_INVALID ${problem}`));
  } catch (error) {
    reasons.push(`SETTINGS_INVALID APP_NFS_INCOMING_DIR=${roots.incoming}: ${messageOf(error)}`);
  } finally {
    share.stop();
  }
  return reasons.length > 0 ? { ok: false, reasons } : { ok: true, config };
}

/** The store of documents and the service that embeds them. Nothing to do where the pipeline is off. */
export async function checkIngestion(config: Config): Promise<Preflight> {
  if (!config.pipelines.has('ingestion')) return { ok: true, config };
  const { embedder: embedding, store: storing, container } = config.ingestion;
  const reasons: string[] = [];
  const embedder = createEmbedder(embedding);
  const store = createDocumentStore(storing);
  try {
    const ready = await store.prepare(embedder.model);
    if (ready.kind === 'mixed')
      reasons.push(
        `INDEX_MODEL_MIXED EMBEDDER: the index holds vectors of ${named(ready.holds)}, and ${named(embedder.model)} is set; vectors of two models cannot be compared. Set the embedder that the index was made with, or make the index anew: npm run reindex.`,
      );
  } catch (error) {
    const found = firstLineOf(error);
    reasons.push(
      storing.kind === 'sqlite'
        ? `SETTINGS_INVALID SQLITE_FILE=${storing.file}: ${found}. It must be a file that can be written, on a disk of this machine.`
        : `CREDENTIAL_MISSING COSMOS_ENDPOINT: ${found}. Check the address, the network, and that the identity has the role Cosmos DB Built-in Data Contributor (or set COSMOS_KEY).`,
    );
  } finally {
    await store.close();
  }
  // The packaged model asks nobody, and is loaded when it is first needed.
  if (embedding.kind === 'azure-openai') {
    const answer = await embedder.embed(['preflight'], AbortSignal.timeout(PROBE_MS)).catch((error: unknown) => error);
    if (answer instanceof Error)
      reasons.push(
        `CREDENTIAL_MISSING AZURE_OPENAI_ENDPOINT: ${firstLineOf(answer)}. Check the address, AZURE_OPENAI_DEPLOYMENT, the network, and that the identity has the role Cognitive Services OpenAI User (or set AZURE_OPENAI_API_KEY).`,
      );
  }
  await embedder.close();
  if (reasons.length === 0) console.log(`Ingestion: ${container}, ${embedding.kind}, ${storing.kind}.`);
  return reasons.length > 0 ? { ok: false, reasons } : { ok: true, config };
}

function named({ name, dimensions }: EmbeddingModel): string {
  return `${name} (${dimensions} dimensions)`;
}

function firstLineOf(error: unknown): string {
  return (messageOf(error).split('\n', 1)[0] ?? '').replace(/\.+$/, '');
}

/** The brokers that orders come from. Nothing to do where they come from the queue alone, or not at all. */
export async function checkOrders(config: Config): Promise<Preflight> {
  const { kafka, eventHub } = config.orders.backends;
  if (!config.pipelines.has('orders')) return { ok: true, config };
  const reasons: string[] = [];
  if (kafka) {
    const topic = createKafkaTopic(kafka);
    const reason = await refusal(topic.probe);
    if (reason !== undefined)
      reasons.push(
        `${topic.probe.name} cannot be used: ${reason}. Check KAFKA_BROKERS, the network, that the topic KAFKA_TOPIC exists, and KAFKA_SECURITY_PROTOCOL, KAFKA_USERNAME and KAFKA_PASSWORD.`,
      );
    await topic.stop();
  }
  if (eventHub) {
    const hub = createEventHub(eventHub, { credential: () => identity(undefined), checkpoints: undefined });
    const reason = await refusal(hub.probe);
    if (reason !== undefined)
      reasons.push(
        `The ${hub.probe.name} cannot be used: ${reason}. Check EVENTHUB_NAMESPACE and EVENTHUB_NAME, the network, and that the identity has the role Azure Event Hubs Data Receiver.`,
      );
    await hub.stop();
  }
  return reasons.length > 0 ? { ok: false, reasons } : { ok: true, config };
}

/** The broker of blob events, and its queues, which are made where they are missing. Nothing to do where the pipeline is off. */
export async function checkBlobEvents(config: Config): Promise<Preflight> {
  if (!config.pipelines.has('blob-events')) return { ok: true, config };
  const broker = createBlobEventBroker(config, createStorageClients(config.storage));
  try {
    await broker.declare();
    return { ok: true, config };
  } catch (error) {
    if (config.blobEvents.broker.kind === 'queue') return { ok: false, reasons: [storageRefusal(config, error)] };
    const found = messageOf(error).split('\n', 1)[0] ?? '';
    const remedy = found.includes('PRECONDITION')
      ? 'It is there with other properties: delete or rename it, or give it the ones named.'
      : 'Check RABBITMQ_URL (address, user, password, virtual host), the network, and that the user may configure blob.*.';
    return { ok: false, reasons: [`The ${broker.probe.name} cannot be used for blob events: ${found}. ${remedy}`] };
  } finally {
    await broker.stop();
  }
}

/** All of it, one after the other; ends with the first that fails. */
export async function checkAll(settings: Preflight): Promise<Preflight> {
  let result = settings;
  for (const check of [checkStorage, checkShare, checkBlobEvents, checkIngestion, checkOrders])
    if (result.ok) result = await check(result.config);
  return result;
}

const PROBE_MS = 15_000;

async function refusal(probe: Probe): Promise<string | undefined> {
  try {
    await probe.check(AbortSignal.timeout(PROBE_MS));
    return undefined;
  } catch (error) {
    return messageOf(error).split('\n', 1)[0];
  }
}

/** Prints what came of it; resolves with the exit code. */
export async function runPreflight(given: Environment): Promise<number> {
  const result = await checkAll(checkSettings(given));
  if (result.ok) {
    const { account, describes } = result.config.storage;
    console.log(`Preflight passed: storage account ${account} by ${describes}.`);
    return 0;
  }
  for (const reason of result.reasons) console.error(reason);
  return EX_CONFIG;
}

if (require.main === module) void runPreflight(environment()).then((code) => (process.exitCode = code));
