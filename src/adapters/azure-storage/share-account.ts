/**
 * The account that the share's files go to (FR-9, C5): identity first; the explicit fallback when identity does not get in.
 * Which of the two it is, is found out once, by a call that both must be able to make.
 */
import type { ContainerClient } from '@azure/storage-blob';
import type { ShareAccess, ShareFallback } from '../../config/share-config';
import { identity, retryOptions } from './clients';
import { codeOf, statusOf } from './storage-errors';

export interface ShareAccount {
  /** Rejects with `ShareAccessRefused` when no access gets in. */
  container(): Promise<ContainerClient>;
  /** Which access is used, once `container` resolved. */
  describes(): string;
}

/** Says which settings were tried, what each was answered, and which are missing. Holds no secret. */
export class ShareAccessRefused extends Error {
  override readonly name = 'ShareAccessRefused';
}

const IDENTITY_LIMIT_MS = 30_000;

export function createShareAccount(access: ShareAccess): ShareAccount {
  let found: Promise<{ client: ContainerClient; describes: string }> | undefined;
  let describes = 'not known yet';

  async function find(): Promise<{ client: ContainerClient; describes: string }> {
    const tried: string[] = [];
    if (access.identity) {
      const client = byIdentity(access);
      try {
        await touch(client, IDENTITY_LIMIT_MS);
        return { client, describes: 'identity (DefaultAzureCredential)' };
      } catch (error) {
        if (!isRefusal(error)) throw error;
        tried.push(`identity (DefaultAzureCredential): ${brief(error)}`);
      }
    }
    if (access.fallback) {
      const client = byFallback(access, access.fallback);
      try {
        await touch(client, IDENTITY_LIMIT_MS);
        return { client, describes: access.fallback.describes };
      } catch (error) {
        if (!isRefusal(error)) throw error;
        tried.push(`${access.fallback.describes}: ${brief(error)}`);
      }
    }
    const missing = access.fallback
      ? ''
      : ' No fallback is set: APP_AZURE_CONNECTION_STRING, or APP_AZURE_ACCOUNT_NAME and APP_AZURE_ACCOUNT_KEY.';
    throw new ShareAccessRefused(
      `No access to ${access.accountUrl} gets in. Tried ${tried.join('; ') || 'nothing'}.${missing} An identity needs Storage Blob Data Contributor on the container ${access.container}.`,
    );
  }

  return {
    async container() {
      found ??= find();
      try {
        const { client, describes: which } = await found;
        describes = which;
        return client;
      } catch (error) {
        found = undefined;
        throw error;
      }
    },
    describes: () => describes,
  };
}

/** Asks for the container; a container that does not exist is made. */
async function touch(client: ContainerClient, limitMs: number): Promise<void> {
  const abortSignal = AbortSignal.timeout(limitMs);
  try {
    await client.getProperties({ abortSignal });
  } catch (error) {
    if (statusOf(error) !== 404) throw error;
    await client.createIfNotExists({ abortSignal });
  }
}

function byIdentity({ accountUrl, container }: ShareAccess): ContainerClient {
  const sdk = require('@azure/storage-blob') as typeof import('@azure/storage-blob');
  return new sdk.BlobServiceClient(accountUrl, identity(undefined), { retryOptions }).getContainerClient(container);
}

function byFallback({ accountUrl, container }: ShareAccess, fallback: ShareFallback): ContainerClient {
  const sdk = require('@azure/storage-blob') as typeof import('@azure/storage-blob');
  const service =
    fallback.kind === 'key'
      ? new sdk.BlobServiceClient(accountUrl, new sdk.StorageSharedKeyCredential(fallback.account, fallback.key), {
          retryOptions,
        })
      : new sdk.BlobServiceClient(`${accountUrl}?${fallback.signature}`, new sdk.AnonymousCredential(), {
          retryOptions,
        });
  return service.getContainerClient(container);
}

/** The service said no, or there is no credential; a service that did not answer said nothing about either. */
function isRefusal(error: unknown): boolean {
  const status = statusOf(error);
  const name = (error as { name?: unknown }).name;
  return (
    status === 401 ||
    status === 403 ||
    status === 404 ||
    name === 'CredentialUnavailableError' ||
    name === 'AuthenticationError' ||
    name === 'AggregateAuthenticationError' ||
    name === 'AbortError'
  );
}

function brief(error: unknown): string {
  const { message = '' } = error as { message?: string };
  return [statusOf(error), codeOf(error), message.split('\n')[0]?.slice(0, 300)].filter(Boolean).join(' ');
}
