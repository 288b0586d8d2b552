import { sha256Base64Url } from '../digest';
import type { StorageEvent } from '../storage-event';

export const RAW_CONTAINER = 'rawfiles';
export const PROCESSED_CONTAINER = 'processed';

/** Characters; https://learn.microsoft.com/rest/api/storageservices/naming-and-referencing-containers--blobs--and-metadata */
const LONGEST_NAME = 1024;

/** One version of a blob in `rawfiles` that wants to be processed. */
export interface MediaItem {
  /** {@link mediaId} of the blob. */
  readonly id: string;
  readonly container: string;
  /** Blob name, as it is in storage. */
  readonly name: string;
  /** ETag of this version, quoted as storage answers it (`"0x…"`); empty when the event named none. */
  readonly etag: string;
  /** Orders the versions of one blob; empty when the event named none. */
  readonly sequencer: string;
}

export type MediaDecision =
  | { readonly kind: 'process'; readonly item: MediaItem }
  | { readonly kind: 'skipped'; readonly reason: SkipReason; readonly detail: string };

export type SkipReason =
  'wrong-event-type' | 'wrong-subject' | 'unsafe-name' | 'other-container' | 'other-account' | 'not-committed';

/** Where a file is known under, whoever put it: the first 22 characters of base64url(sha256(container/name)), 132 bits. */
export function mediaId(container: string, name: string): string {
  return sha256Base64Url(`${container}/${name}`).slice(0, 22);
}

/** Name of the copy in the container `processed`. */
export function processedName(name: string): string {
  return `media/${name}`;
}

/** ETags come bare in events (`0x8D…`) and quoted in HTTP; this is the quoted form, or '' for none. */
export function quotedEtag(etag: string | undefined): string {
  if (!etag) return '';
  const bare = etag.replace(/^W\//, '').replace(/^"|"$/g, '');
  return bare === '' ? '' : `"${bare}"`;
}

export function blobOfSubject(subject: string): { readonly container: string; readonly name: string } | undefined {
  const [, container, name] = /^\/blobServices\/default\/containers\/([^/]+)\/blobs\/(.+)$/s.exec(subject) ?? [];
  return container === undefined || name === undefined ? undefined : { container, name };
}

/**
 * What to do with an event on `jobqueue`. `account` is our storage account's name; an event that names another account is
 * not ours to copy. Pure: whether the blob still exists shows later.
 */
export function decideMediaEvent(event: StorageEvent, account: string): MediaDecision {
  if (event.type !== 'Microsoft.Storage.BlobCreated') {
    return skip('wrong-event-type', `${event.type} is not Microsoft.Storage.BlobCreated`);
  }
  const blob = blobOfSubject(event.subject);
  if (!blob) return skip('wrong-subject', `the subject ${JSON.stringify(event.subject.slice(0, 200))} names no blob`);
  const { container, name } = blob;
  // URLs fold these away, and the name would come to mean another blob, in another container even.
  if (name.length > LONGEST_NAME || name.split('/').some((segment) => segment === '.' || segment === '..')) {
    return skip('unsafe-name', 'the blob name is too long or has a segment . or ..');
  }
  if (container !== RAW_CONTAINER) return skip('other-container', `container ${container} is not ${RAW_CONTAINER}`);
  const named = accountOf(event.source);
  if (named !== undefined && named !== account.toLowerCase()) {
    return skip('other-account', `account ${named} is not ${account}`);
  }
  // Data Lake clients create an empty file first and flush it later; only the flush is a finished blob.
  if (event.data.api === 'CreateFile')
    return skip('not-committed', 'CreateFile announces a file that is not written yet');
  const item: MediaItem = {
    id: mediaId(container, name),
    container,
    name,
    etag: quotedEtag(event.data.eTag),
    sequencer: event.data.sequencer ?? '',
  };
  return { kind: 'process', item };
}

function skip(reason: SkipReason, detail: string): MediaDecision {
  return { kind: 'skipped', reason, detail };
}

function accountOf(resourceId: string): string | undefined {
  return /\/storageAccounts\/([^/]+)$/i.exec(resourceId)?.[1]?.toLowerCase();
}
