/** One request that Azurite answered, from a line of its access log (the "common" format of web servers). */
export interface AccessLogEntry {
  readonly method: string;
  /** Decoded parts of the path after the account's name. */
  readonly path: readonly string[];
  readonly query: ReadonlyMap<string, string>;
  readonly status: number;
}

const LINE = /\] "([A-Z]+) (\S+) HTTP\/[\d.]+" (\d{3}) /;

/** Undefined for lines that tell of no request, and for addresses that cannot be decoded. */
export function parseAccessLogLine(line: string, account: string): AccessLogEntry | undefined {
  const match = LINE.exec(line);
  if (!match) return undefined;
  const [, method = '', target = '', status] = match;
  const question = target.indexOf('?');
  const raw = question < 0 ? target : target.slice(0, question);
  try {
    const path = raw.split('/').slice(1).map(decodeURIComponent);
    // With product-style addresses the account is in the host name, which the log does not show.
    if (path[0] === account) path.shift();
    const query = new Map(question < 0 ? [] : new URLSearchParams(target.slice(question)));
    return { method, path, query, status: Number(status) };
  } catch {
    return undefined;
  }
}

export type StorageEvent =
  | {
      readonly kind: 'blobWritten';
      readonly container: string;
      readonly blob: string;
      readonly api: 'PutBlob' | 'PutBlockList' | 'CopyBlob';
    }
  | { readonly kind: 'blobTouched'; readonly container: string; readonly blob: string }
  | { readonly kind: 'blobDeleted'; readonly container: string; readonly blob: string }
  | { readonly kind: 'messageSent'; readonly queue: string };

/** Operations of Put Blob's address that change a blob's ETag but not what it holds. */
const TOUCHING = new Set(['metadata', 'properties', 'tier', 'tags', 'lease', 'snapshot', 'undelete']);

/**
 * What a request changed, as far as the host cares. Follows the REST reference of the blob and queue services; which writes
 * raise BlobCreated is Event Grid's rule (Put Blob, Put Block List and Copy Blob; appending and pages do not).
 */
export function storageEventOf(entry: AccessLogEntry): StorageEvent | undefined {
  const { method, path, query, status } = entry;
  // 204 is how the queue and table services answer; their addresses look like a blob's.
  if (status < 200 || status > 299 || status === 204 || query.has('restype')) return undefined;
  const [container = '', ...rest] = path;
  if (method === 'POST' && rest.length === 1 && rest[0] === 'messages')
    return { kind: 'messageSent', queue: container };
  const blob = rest.join('/');
  if (container === '' || blob === '') return undefined;
  const comp = query.get('comp');
  if (method === 'DELETE' && !query.has('snapshot') && comp === undefined)
    return { kind: 'blobDeleted', container, blob };
  if (method !== 'PUT') return undefined;
  if (comp === undefined) return { kind: 'blobWritten', container, blob, api: status === 202 ? 'CopyBlob' : 'PutBlob' };
  if (comp === 'blocklist') return { kind: 'blobWritten', container, blob, api: 'PutBlockList' };
  return TOUCHING.has(comp) ? { kind: 'blobTouched', container, blob } : undefined;
}
