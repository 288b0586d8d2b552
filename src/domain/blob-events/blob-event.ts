/**
 * The message that says that a blob is to be moved from `incoming` to `processed` (source document 000, section 2). Its
 * destination carries the id of the blob's version, which is the message's id too: whoever publishes the version again,
 * and however often, means the same destination.
 */
import { z } from 'zod';
import { PROCESSED_CONTAINER } from '../media/media-event';
import { URL_NAMESPACE, uuidV5 } from '../uuid-v5';

export const INCOMING_CONTAINER = 'incoming';

/** Characters; https://learn.microsoft.com/rest/api/storageservices/naming-and-referencing-containers--blobs--and-metadata */
const LONGEST_NAME = 1024;
/** Characters of a message: more than the longest names need, escaped. */
const LONGEST_MESSAGE = 64 * 1024;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** As it stands in the message. */
export interface BlobEventBody {
  readonly container: string;
  /** Virtual folder with a slash at its end; empty for none. */
  readonly path: string;
  readonly blob: string;
  /** `processed/{id}-{blob}` */
  readonly dest: string;
  /** ISO 8601. */
  readonly timestamp: string;
}

/** What is to be done, as a checked message says it. */
export interface BlobMove {
  /** Of the message, and of the blob's version. */
  readonly id: string;
  /** Blob name in `incoming`. */
  readonly name: string;
  /** Blob name in `processed`. */
  readonly destination: string;
}

/** Id of a blob's version: UUIDv5 (namespace URL) of `account/container/name/ETag`, the ETag without its quotes. */
export function versionId(account: string, container: string, name: string, etag: string): string {
  return uuidV5(URL_NAMESPACE, `${account}/${container}/${name}/${bareEtag(etag)}`);
}

/** ETags come bare in listings and quoted in HTTP. */
export function bareEtag(etag: string): string {
  return etag.replace(/^W\//, '').replace(/^"|"$/g, '');
}

/** A name that storage can be asked for: segments . and .. are folded away by URLs and would mean another blob. */
export function isAddressable(name: string): boolean {
  return (
    name !== '' &&
    name.length <= LONGEST_NAME &&
    !/\p{Surrogate}/u.test(name) &&
    !name.split('/').some((segment) => segment === '.' || segment === '..')
  );
}

/** The message for a version. */
export function blobEventOf(id: string, name: string, timestampMs: number): BlobEventBody {
  const cut = name.lastIndexOf('/') + 1;
  const blob = name.slice(cut);
  return {
    container: INCOMING_CONTAINER,
    path: name.slice(0, cut),
    blob,
    dest: `${PROCESSED_CONTAINER}/${destinationName(id, blob)}`,
    timestamp: new Date(timestampMs).toISOString(),
  };
}

/** `{id}-{blob}`, of a name that would get too long its end. */
function destinationName(id: string, blob: string): string {
  const room = LONGEST_NAME - id.length - 1;
  const end = blob.length <= room ? blob : blob.slice(-room).replace(/^[\uDC00-\uDFFF]/, '');
  return `${id}-${end}`;
}

export type RejectionCode =
  | 'MESSAGE_TOO_LARGE'
  | 'MESSAGE_UNPARSABLE'
  | 'BLOB_EVENT_INVALID'
  | 'BLOB_CONTAINER_REFUSED'
  | 'BLOB_DESTINATION_REFUSED';

export type ParsedBlobEvent =
  | { readonly kind: 'move'; readonly move: BlobMove }
  | { readonly kind: 'rejected'; readonly code: RejectionCode; readonly reason: string };

const body = z.object({
  container: z.string(),
  path: z.string().default(''),
  blob: z.string(),
  dest: z.string(),
  timestamp: z.string(),
});

/** Never throws. What the message may ask for is what {@link blobEventOf} would, and nothing else. */
export function parseBlobEvent(text: string): ParsedBlobEvent {
  if (text.length > LONGEST_MESSAGE)
    return rejected('MESSAGE_TOO_LARGE', `The message has ${text.length} characters; ${LONGEST_MESSAGE} are read.`);
  let json: unknown;
  try {
    json = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    return rejected('MESSAGE_UNPARSABLE', `The message is not JSON: ${(error as Error).message}`);
  }
  const parsed = body.safeParse(json);
  if (!parsed.success) {
    const fields = [...new Set(parsed.error.issues.map(({ path }) => path.join('.') || 'the whole'))].join(', ');
    const what = 'container, path, blob, dest and timestamp are texts, and only path may be left out';
    return rejected('BLOB_EVENT_INVALID', `The message is no blob event, for: ${fields}; ${what}.`);
  }
  const { container, path, blob, dest } = parsed.data;
  if (container !== INCOMING_CONTAINER)
    return rejected('BLOB_CONTAINER_REFUSED', `Container ${quoted(container)} is not ${INCOMING_CONTAINER}.`);
  const name = path + blob;
  if (!isAddressable(name) || (path !== '' && !path.endsWith('/')) || blob.includes('/'))
    return rejected(
      'BLOB_EVENT_INVALID',
      `path ${quoted(path)} and blob ${quoted(blob)} do not name a blob: path ends with a slash or is empty, blob has none, no segment is . or .., and both together have 1 to ${LONGEST_NAME} characters.`,
    );
  const id = dest.slice(PROCESSED_CONTAINER.length + 1, PROCESSED_CONTAINER.length + 37);
  const destination = destinationName(id, blob);
  if (!UUID.test(id) || dest !== `${PROCESSED_CONTAINER}/${destination}`)
    return rejected(
      'BLOB_DESTINATION_REFUSED',
      `dest ${quoted(dest)} is not ${PROCESSED_CONTAINER}/{id}-{blob} with the id of a version and the name of the message's blob.`,
    );
  return { kind: 'move', move: { id, name, destination } };
}

function rejected(code: RejectionCode, reason: string): ParsedBlobEvent {
  return { kind: 'rejected', code, reason };
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 200));
}
