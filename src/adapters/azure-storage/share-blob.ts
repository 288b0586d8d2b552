/** A blob of the share's container: what carries bytes goes by lean-puts.ts, the rest by the SDK's client, made when needed. */
import type { BlockBlobClient, ContainerClient } from '@azure/storage-blob';
import type { LeanPuts } from './lean-puts';
import type { UploadTarget } from './staged-blocks';

export type ShareBlob = UploadTarget & Pick<BlockBlobClient, 'getProperties' | 'download'>;

export function leanBlob(container: ContainerClient, puts: LeanPuts, name: string): ShareBlob {
  let made: BlockBlobClient | undefined;
  const client = (): BlockBlobClient => (made ??= container.getBlockBlobClient(name));
  return {
    upload: (body, _length, { transactionalContentMD5: md5, blobHTTPHeaders, metadata, conditions, abortSignal }) =>
      puts.putBlob(name, body, {
        md5,
        contentType: blobHTTPHeaders.blobContentType,
        metadata,
        ...(conditions ? { conditions } : {}),
        ...signalOf(abortSignal),
      }),
    stageBlock: (id, body, _length, { transactionalContentMD5: md5, abortSignal }) =>
      puts.putBlock(name, id, body, { md5, ...signalOf(abortSignal) }),
    commitBlockList: (ids, options) => client().commitBlockList(ids, options),
    getBlockList: (type, options) => client().getBlockList(type, options),
    getProperties: (options) => client().getProperties(options),
    download: (offset, count, options) => client().download(offset, count, options),
  };
}

function signalOf(signal: unknown): { readonly signal?: AbortSignal } {
  return signal instanceof AbortSignal ? { signal } : {};
}
