import { extensionOf } from './text-kind';

/** What a blob's properties tell, before a byte of it is read. */
export interface BlobLook {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** As storage has it; '' when it has none. */
  readonly contentType: string;
}

export interface IngestionRules {
  /** Bytes (`MAX_BLOB_MB`). */
  readonly maxBytes: number;
  /** Lower case, without the point. */
  readonly extensions: readonly string[];
}

export interface EarlyRejection {
  readonly reason: 'too-large' | 'wrong-type' | 'bad-name';
  /** For the log: what was found, and what is accepted. */
  readonly detail: string;
}

/** Characters; https://learn.microsoft.com/rest/api/storageservices/naming-and-referencing-containers--blobs--and-metadata */
const LONGEST_NAME = 1024;
const SHOWN = 200;
/** Format characters among them turn a name around when it is shown. */
const UNSHOWABLE = /[\p{Cc}\p{Zl}\p{Zp}\u200e\u200f\u202a-\u202e\u2066-\u2069]|\p{Cs}/u;

/**
 * Why a blob is not ingested; undefined when it may be. Its type is right when it is `text/*`, or not given, or the name has one of the
 * extensions, whatever the type says: storage gives blobs `application/octet-stream` when nobody said better.
 */
export function earlyRejection(blob: BlobLook, rules: IngestionRules): EarlyRejection | undefined {
  const { name, size } = blob;
  const bad = badName(name);
  if (bad) return { reason: 'bad-name', detail: `The name ${shown(name)} ${bad}.` };
  const type = blob.contentType.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (type !== '' && !type.startsWith('text/') && !rules.extensions.includes(extensionOf(name)))
    return {
      reason: 'wrong-type',
      detail: `The type is ${shown(type)} and the name ${shown(name)}; text/* is ingested, and names with ${rules.extensions.map((e) => `.${e}`).join(' ')}.`,
    };
  if (size > rules.maxBytes)
    return {
      reason: 'too-large',
      detail: `${megabytes(size)} MB is more than the ${megabytes(rules.maxBytes)} MB of MAX_BLOB_MB.`,
    };
  return undefined;
}

function badName(name: string): string | undefined {
  if (name === '' || name.length > LONGEST_NAME)
    return `has ${name.length} characters; 1 to ${LONGEST_NAME} are possible`;
  if (UNSHOWABLE.test(name)) return 'has control characters';
  // URLs fold these away, and the name would come to mean another blob.
  if (name.split('/').some((part) => part === '.' || part === '..')) return 'has a segment . or ..';
  return undefined;
}

function shown(text: string): string {
  return JSON.stringify(text.length <= SHOWN ? text : `${text.slice(0, SHOWN)}…`);
}

/** MiB, as the setting counts. */
function megabytes(bytes: number): string {
  return String(Math.round((bytes / 2 ** 20) * 100) / 100);
}
