/**
 * Clients of one storage account, made when first used: loading the SDKs takes longer than starting the host.
 */
import type { TableClient } from '@azure/data-tables';
import type { BlobServiceClient } from '@azure/storage-blob';
import type { QueueServiceClient } from '@azure/storage-queue';
import type { TokenCredential } from '@azure/core-auth';
import type { StorageAccess } from '../../config/storage-access';

export interface StorageClients {
  blobs(): BlobServiceClient;
  queues(): QueueServiceClient;
  table(name: string): TableClient;
}

/** Storage answers within seconds or not at all: fewer and shorter tries than the SDK's default, since the steps above retry durably. */
export const retryOptions = { maxTries: 3, tryTimeoutInMs: 60_000, retryDelayInMs: 200, maxRetryDelayInMs: 2_000 };

export function createStorageClients(access: StorageAccess): StorageClients {
  let blobs: BlobServiceClient | undefined;
  let queues: QueueServiceClient | undefined;
  const tables = new Map<string, TableClient>();
  return {
    blobs: () => (blobs ??= makeBlobs(access)),
    queues: () => (queues ??= makeQueues(access)),
    table(name) {
      const known = tables.get(name);
      if (known) return known;
      const made = makeTable(access, name);
      tables.set(name, made);
      return made;
    },
  };
}

function makeBlobs(access: StorageAccess): BlobServiceClient {
  const sdk = require('@azure/storage-blob') as typeof import('@azure/storage-blob');
  if (access.kind === 'identity')
    return new sdk.BlobServiceClient(access.endpoints.blob, identity(access.clientId), { retryOptions });
  const { account, key } = sharedKey(access);
  return new sdk.BlobServiceClient(access.endpoints.blob, new sdk.StorageSharedKeyCredential(account, key), {
    retryOptions,
  });
}

function makeQueues(access: StorageAccess): QueueServiceClient {
  const sdk = require('@azure/storage-queue') as typeof import('@azure/storage-queue');
  if (access.kind === 'identity')
    return new sdk.QueueServiceClient(access.endpoints.queue, identity(access.clientId), { retryOptions });
  const { account, key } = sharedKey(access);
  return new sdk.QueueServiceClient(access.endpoints.queue, new sdk.StorageSharedKeyCredential(account, key), {
    retryOptions,
  });
}

function makeTable(access: StorageAccess, name: string): TableClient {
  const sdk = require('@azure/data-tables') as typeof import('@azure/data-tables');
  const url = access.endpoints.table;
  const options = {
    allowInsecureConnection: url.startsWith('http:'),
    retryOptions: { maxRetries: 2, retryDelayInMs: 200, maxRetryDelayInMs: 2_000 },
  };
  if (access.kind === 'identity') return new sdk.TableClient(url, name, identity(access.clientId), options);
  const { account, key } = sharedKey(access);
  return new sdk.TableClient(url, name, new sdk.AzureNamedKeyCredential(account, key), options);
}

export function sharedKey(access: Exclude<StorageAccess, { kind: 'identity' }>): { account: string; key: string } {
  if (access.kind === 'account-key') return { account: access.account, key: access.key };
  const key = /(?:^|;)\s*AccountKey=([^;]+)/i.exec(access.connectionString)?.[1];
  if (!key)
    throw new Error(
      `The ${access.describes} holds no AccountKey; give one, or use identity (${access.connectionName}__accountName).`,
    );
  return { account: access.account, key };
}

let credential: TokenCredential | undefined;

export function identity(clientId: string | undefined): TokenCredential {
  const sdk = require('@azure/identity') as typeof import('@azure/identity');
  credential ??= new sdk.DefaultAzureCredential(clientId ? { managedIdentityClientId: clientId } : {});
  return credential;
}
