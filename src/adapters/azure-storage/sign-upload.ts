/**
 * Shared access signatures for one blob: with identity signed by a user delegation key
 * (https://learn.microsoft.com/rest/api/storageservices/create-user-delegation-sas), else by the account key.
 */
import type { BlobSASSignatureValues, UserDelegationKey } from '@azure/storage-blob';
import type { StorageAccess } from '../../config/storage-access';
import type { Clock } from '../../ports/clock';
import type { SignUpload } from '../../ports/direct-uploads';
import { sharedKey, type StorageClients } from './clients';

/** Clocks differ: a signature that begins now may not have begun for the service. */
const CLOCK_SKEW_MS = 5 * 60_000;
/** A delegation key is asked for once and used for many signatures; the service allows up to 7 days. */
const KEY_LIFE_MS = 24 * 60 * 60_000;

export function createSignUpload(access: StorageAccess, clients: StorageClients, clock: Clock): SignUpload {
  let known: { readonly key: Promise<UserDelegationKey>; readonly until: number } | undefined;

  function delegationKey(until: number): Promise<UserDelegationKey> {
    if (known && known.until >= until) return known.key;
    const from = clock.now() - CLOCK_SKEW_MS;
    const end = Math.max(clock.now() + KEY_LIFE_MS, until);
    const key = clients.blobs().getUserDelegationKey(new Date(from), new Date(end));
    known = { key, until: end };
    key.catch(() => (known = undefined));
    return key;
  }

  return async ({ container, name }, validMinutes) => {
    const sdk = require('@azure/storage-blob') as typeof import('@azure/storage-blob');
    const until = clock.now() + validMinutes * 60_000;
    const expiresOn = new Date(Math.floor(until / 1000) * 1000);
    const wanted: BlobSASSignatureValues = {
      containerName: container,
      blobName: name,
      permissions: sdk.BlobSASPermissions.parse('cw'),
      startsOn: new Date(clock.now() - CLOCK_SKEW_MS),
      expiresOn,
      ...(access.endpoints.blob.startsWith('https:') ? { protocol: sdk.SASProtocol.Https } : {}),
    };
    const signed =
      access.kind === 'identity'
        ? sdk.generateBlobSASQueryParameters(wanted, await delegationKey(until), access.account)
        : sdk.generateBlobSASQueryParameters(wanted, credentialOf(access, sdk));
    const blob = clients.blobs().getContainerClient(container).getBlobClient(name);
    return { url: `${blob.url}?${signed.toString()}`, expiresAt: expiresOn.toISOString() };
  };
}

function credentialOf(
  access: Exclude<StorageAccess, { kind: 'identity' }>,
  sdk: typeof import('@azure/storage-blob'),
): InstanceType<typeof import('@azure/storage-blob').StorageSharedKeyCredential> {
  const { account, key } = sharedKey(access);
  return new sdk.StorageSharedKeyCredential(account, key);
}
