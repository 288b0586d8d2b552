/**
 * From the name of a connection setting to storage clients, as the WebJobs SDK resolves it: the name prefixed with
 * `AzureWebJobs` first, then the plain name; a connection string, or a section with an account name or service addresses
 * for identity-based access.
 */
import type { TableClient, TableServiceClient } from '@azure/data-tables';
import type { TokenCredential } from '@azure/identity';
import type { BlobServiceClient } from '@azure/storage-blob';
import type { QueueServiceClient } from '@azure/storage-queue';
import { FunctionIndexingError } from '../plugin';
import { setting, type HostSettings } from '../settings/host-settings';
import { blobSdk, identitySdk, queueSdk, tableSdk } from './azure-sdk';

/** Clients of one storage account. They are made when first asked for and shared by all who ask. */
export interface StorageConnection {
  /** As written in the binding, or `AzureWebJobsStorage`. */
  readonly name: string;
  blobs(): BlobServiceClient;
  queues(): QueueServiceClient;
  tables(): TableServiceClient;
  table(tableName: string): TableClient;
}

type Service = 'blob' | 'queue' | 'table';
type Values = Pick<HostSettings, 'values'>;

const DEFAULT_NAME = 'AzureWebJobsStorage';
const PREFIX = 'AzureWebJobs';

/** Callers have their own endless retry with back-off, so the SDK only bridges a dropped keep-alive connection. */
const RETRIES = { maxTries: 3, retryDelayInMs: 200, maxRetryDelayInMs: 1000 };

const cache = new WeakMap<Values, Map<string, StorageConnection>>();

/**
 * The storage account behind `name` (default `AzureWebJobsStorage`).
 * @throws FunctionIndexingError when no setting defines it, in the real host's words.
 */
export function storageConnection(settings: Values, name?: string): StorageConnection {
  const wanted = name === undefined || name === '' ? DEFAULT_NAME : name;
  let known = cache.get(settings);
  if (!known) cache.set(settings, (known = new Map<string, StorageConnection>()));
  const key = wanted.toLowerCase();
  const existing = known.get(key);
  if (existing) return existing;
  const made = connect(settings, wanted);
  known.set(key, made);
  return made;
}

function connect(settings: Values, name: string): StorageConnection {
  const prefixed = name.toLowerCase().startsWith(PREFIX.toLowerCase()) ? name : PREFIX + name;
  for (const candidate of new Set([prefixed, name])) {
    const text = connectionString(settings, candidate);
    if (text !== undefined) return byConnectionString(name, text);
    if (hasIdentity(settings, candidate)) return byIdentity(settings, name, candidate);
  }
  throw new FunctionIndexingError(
    `Storage account connection string '${prefixed}' does not exist. Make sure that it is a defined App Setting.`,
  );
}

function connectionString(settings: Values, name: string): string | undefined {
  const value =
    setting(settings, name) ??
    setting(settings, `ConnectionStrings:${name}`) ??
    setting(settings, `ConnectionStrings__${name}`);
  return value === undefined || value.trim() === '' ? undefined : value;
}

/** A value of a configuration section: `name__key` in the environment, `name:key` in files. Undefined when absent. */
export function part(settings: Values, name: string, key: string): string | undefined {
  return setting(settings, `${name}__${key}`) ?? setting(settings, `${name}:${key}`);
}

const IDENTITY_KEYS = ['accountName', 'serviceUri', 'blobServiceUri', 'queueServiceUri', 'tableServiceUri'];

function hasIdentity(settings: Values, name: string): boolean {
  return IDENTITY_KEYS.some((key) => part(settings, name, key) !== undefined);
}

function byConnectionString(name: string, text: string): StorageConnection {
  // Azurite and its like answer over plain HTTP, which the table SDK refuses unless told.
  const tableOptions = {
    allowInsecureConnection: /UseDevelopmentStorage=true|=http:\/\/|DefaultEndpointsProtocol=http;/i.test(text),
  };
  return {
    name,
    blobs: once(() => blobSdk().BlobServiceClient.fromConnectionString(text, { retryOptions: RETRIES })),
    queues: once(() => queueSdk().QueueServiceClient.fromConnectionString(text, { retryOptions: RETRIES })),
    tables: once(() => tableSdk().TableServiceClient.fromConnectionString(text, tableOptions)),
    table: (tableName) => tableSdk().TableClient.fromConnectionString(text, tableName, tableOptions),
  };
}

function byIdentity(settings: Values, name: string, section: string): StorageConnection {
  const credential = once(() => credentialOf(settings, section));
  const address = (service: Service): string => {
    const given = part(settings, section, `${service}ServiceUri`) ?? part(settings, section, 'serviceUri');
    if (given !== undefined) return given;
    const account = part(settings, section, 'accountName');
    if (account !== undefined) return `https://${account}.${service}.core.windows.net`;
    throw new FunctionIndexingError(
      `Connection '${section}' names no address for the ${service} service: set '${section}__${service}ServiceUri' or '${section}__accountName'.`,
    );
  };
  return {
    name,
    blobs: once(() => new (blobSdk().BlobServiceClient)(address('blob'), credential(), { retryOptions: RETRIES })),
    queues: once(() => new (queueSdk().QueueServiceClient)(address('queue'), credential(), { retryOptions: RETRIES })),
    tables: once(() => new (tableSdk().TableServiceClient)(address('table'), credential())),
    table: (tableName) => new (tableSdk().TableClient)(address('table'), tableName, credential()),
  };
}

/** `__credential=managedidentity` and a service principal's three values are honoured; else DefaultAzureCredential. */
export function credentialOf(settings: Values, section: string): TokenCredential {
  const sdk = identitySdk();
  const clientId = part(settings, section, 'clientId');
  const tenantId = part(settings, section, 'tenantId');
  const clientSecret = part(settings, section, 'clientSecret');
  if (part(settings, section, 'credential')?.toLowerCase() === 'managedidentity') {
    return clientId === undefined
      ? new sdk.ManagedIdentityCredential()
      : new sdk.ManagedIdentityCredential({ clientId });
  }
  if (tenantId !== undefined && clientId !== undefined && clientSecret !== undefined) {
    return new sdk.ClientSecretCredential(tenantId, clientId, clientSecret);
  }
  return new sdk.DefaultAzureCredential();
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
