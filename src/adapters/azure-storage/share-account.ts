/**
 * The account that the share's files go to (FR-9, C5): identity first; the explicit fallback when identity does not get in.
 * Which of the two it is, is found out once, by a call that both must be able to make.
 */
import type { ContainerClient } from '@azure/storage-blob';
import type { ShareAccess, ShareFallback } from '../../config/share-config';
import { identity, retryOptions } from './clients';
import { createLeanPuts, type LeanPuts, type PutAccess } from './lean-puts';
import { leanBlob, type ShareBlob } from './share-blob';
import { codeOf, statusOf } from './storage-errors';

export interface ShareAccount {
  /** Rejects with `ShareAccessRefused` when no access gets in. */
  container(): Promise<ContainerClient>;
  /** A blob of it; rejects likewise. */
  blob(name: string): Promise<ShareBlob>;
  /** Which access is used, once `container` resolved. */
  describes(): string;
}

/** Says which settings were tried, what each was answered, and which are missing. Holds no secret. */
export class ShareAccessRefused extends Error {
  override readonly name = 'ShareAccessRefused';
}

const IDENTITY_LIMIT_MS = 30_000;

export function createShareAccount(access: ShareAccess): ShareAccount {
  let found: Promise<Entry> | undefined;
  let describes = 'not known yet';

  /** Of a container that was deleted: the next blob makes it anew, as the start would. */
  function noticing(puts: LeanPuts): LeanPuts {
    const seen = (error: unknown): never => {
      if (codeOf(error) === 'ContainerNotFound') found = undefined;
      throw error;
    };
    return {
      putBlob: (...args) => puts.putBlob(...args).catch(seen),
      putBlock: (...args) => puts.putBlock(...args).catch(seen),
    };
  }

  async function find(): Promise<Entry> {
    const tried: string[] = [];
    if (access.identity) {
      const { client, put } = byIdentity(access);
      try {
        await touch(client, IDENTITY_LIMIT_MS);
        return { client, puts: noticing(putsOf(client, put)), describes: 'identity (DefaultAzureCredential)' };
      } catch (error) {
        if (!isRefusal(error)) throw error;
        tried.push(`identity (DefaultAzureCredential): ${brief(error)}`);
      }
    }
    if (access.fallback) {
      const { client, put } = byFallback(access, access.fallback);
      try {
        await touch(client, IDENTITY_LIMIT_MS);
        return { client, puts: noticing(putsOf(client, put)), describes: access.fallback.describes };
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

  async function entered(): Promise<Entry> {
    found ??= find();
    try {
      const entry = await found;
      describes = entry.describes;
      return entry;
    } catch (error) {
      found = undefined;
      throw error;
    }
  }

  return {
    container: async () => (await entered()).client,
    async blob(name) {
      const { client, puts } = await entered();
      return leanBlob(client, puts, name);
    },
    describes: () => describes,
  };
}

interface Entry {
  readonly client: ContainerClient;
  readonly puts: LeanPuts;
  readonly describes: string;
}

function putsOf(client: ContainerClient, access: PutAccess): LeanPuts {
  const { maxTries: tries, retryDelayInMs: firstDelayMs, tryTimeoutInMs: silenceMs } = retryOptions;
  return createLeanPuts(client.url, access, { tries, firstDelayMs, silenceMs });
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

interface Way {
  readonly client: ContainerClient;
  readonly put: PutAccess;
}

function byIdentity({ accountUrl, container }: ShareAccess): Way {
  const sdk = require('@azure/storage-blob') as typeof import('@azure/storage-blob');
  const credential = identity(undefined);
  const service = new sdk.BlobServiceClient(accountUrl, credential, { retryOptions });
  return { client: service.getContainerClient(container), put: { kind: 'token', credential } };
}

function byFallback({ accountUrl, container }: ShareAccess, fallback: ShareFallback): Way {
  const sdk = require('@azure/storage-blob') as typeof import('@azure/storage-blob');
  if (fallback.kind === 'key') {
    const credential = new sdk.StorageSharedKeyCredential(fallback.account, fallback.key);
    const service = new sdk.BlobServiceClient(accountUrl, credential, { retryOptions });
    return { client: service.getContainerClient(container), put: { kind: 'key', credential } };
  }
  const { signature } = fallback;
  const service = new sdk.BlobServiceClient(`${accountUrl}?${signature}`, new sdk.AnonymousCredential(), {
    retryOptions,
  });
  return { client: service.getContainerClient(container), put: { kind: 'signature', signature } };
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
