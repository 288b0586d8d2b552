/** One version of a blob, as the service describes it. */
export interface BlobVersion {
  readonly container: string;
  readonly blob: string;
  /** Without quotes. */
  readonly etag: string;
  /** Milliseconds since the epoch; the service gives whole seconds. */
  readonly lastModified: number;
  /** Milliseconds since the epoch of the write of the content; undefined where the service does not say. */
  readonly createdOn: number | undefined;
  readonly contentLength: number;
  readonly contentType: string;
  /** Base64. */
  readonly contentMd5: string | undefined;
  readonly blobType: string;
}

/** The operation that wrote it, in Event Grid's names. */
export type WriteApi = 'PutBlob' | 'PutBlockList' | 'CopyBlob';

/** A listing does not tell how a blob was written, but the service hashes what comes in one piece. */
export function likelyApi({ blobType, contentMd5 }: BlobVersion): WriteApi {
  return blobType === 'BlockBlob' && contentMd5 === undefined ? 'PutBlockList' : 'PutBlob';
}

interface Described {
  readonly etag?: string;
  readonly lastModified?: Date;
  readonly createdOn?: Date;
  readonly contentLength?: number;
  readonly contentType?: string;
  readonly contentMD5?: Uint8Array;
  readonly blobType?: string;
  readonly copyStatus?: string;
}

/** From the SDK's description, of a listing or of a look. Undefined while the content is not there yet. */
export function versionOf(container: string, blob: string, found: Described): BlobVersion | undefined {
  if (found.copyStatus !== undefined && found.copyStatus !== 'success') return undefined;
  return {
    container,
    blob,
    etag: (found.etag ?? '').replaceAll('"', ''),
    lastModified: found.lastModified?.getTime() ?? 0,
    createdOn: found.createdOn?.getTime(),
    contentLength: found.contentLength ?? 0,
    contentType: found.contentType ?? 'application/octet-stream',
    contentMd5: found.contentMD5 === undefined ? undefined : Buffer.from(found.contentMD5).toString('base64'),
    blobType: found.blobType ?? 'BlockBlob',
  };
}
