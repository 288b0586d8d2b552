/** Blob input and output. */
import type { BlockBlobClient } from '@azure/storage-blob';
import type { BindingDefinition } from '../../function-definition';
import type { BindingPlugin, HostContext } from '../../plugin';
import type { RpcData } from '../../rpc-data';
import { statusOf } from '../../storage/azure-sdk';
import { resolveExpression } from '../../storage/binding-expression';
import { storageConnection } from '../../storage/connection';
import { deferredBlob, isDeferred } from '../../storage/deferred-blob';
import { bytesOf } from '../../storage/rpc-bytes';

type Metadata = Readonly<Record<string, RpcData>>;

/**
 * Input and output `blob`. Options `path` (`container/name`, with `%SETTING%` and `{expression}`), `connection`, `dataType`.
 * Input is text, or bytes for `binary` and `stream`, or a reference for SDK bindings; a blob that does not exist is
 * `undefined`. Output overwrites; the container is made when missing.
 */
export const blobBinding: BindingPlugin = {
  type: 'blob',
  async input(binding, metadata, context) {
    const { container, name } = pathOf(binding, metadata, context);
    if (isDeferred(binding)) return deferredBlob(connectionName(binding), container, name);
    try {
      return dataOf(await client(binding, metadata, context).downloadToBuffer(), binding['dataType']);
    } catch (error) {
      if (statusOf(error) === 404) return {};
      throw error;
    }
  },
  async output(binding, data, metadata, context) {
    const bytes = bytesOf(data);
    if (bytes === undefined) return;
    const blob = client(binding, metadata, context);
    try {
      await blob.uploadData(bytes);
    } catch (error) {
      if (statusOf(error) !== 404) throw error;
      const { container } = pathOf(binding, metadata, context);
      await storageConnection(context.settings, connectionName(binding))
        .blobs()
        .getContainerClient(container)
        .createIfNotExists();
      await blob.uploadData(bytes);
    }
  },
};

function dataOf(content: Uint8Array, dataType: unknown): RpcData {
  const wanted = typeof dataType === 'string' ? dataType.toLowerCase() : '';
  return wanted === 'binary' || wanted === 'stream'
    ? { bytes: content }
    : { string: Buffer.from(content).toString('utf8') };
}

function client(binding: BindingDefinition, metadata: Metadata, context: HostContext): BlockBlobClient {
  const { container, name } = pathOf(binding, metadata, context);
  return storageConnection(context.settings, connectionName(binding))
    .blobs()
    .getContainerClient(container)
    .getBlockBlobClient(name);
}

function connectionName({ connection }: BindingDefinition): string | undefined {
  return typeof connection === 'string' ? connection : undefined;
}

function pathOf(
  binding: BindingDefinition,
  metadata: Metadata,
  context: HostContext,
): { container: string; name: string } {
  // `path` is the name in the programming model, `blobPath` that of other languages' attributes.
  const given = binding['path'] ?? binding['blobPath'];
  const path = typeof given === 'string' ? resolveExpression(given, metadata, context).replace(/^\//, '') : '';
  const slash = path.indexOf('/');
  if (slash < 1 || slash === path.length - 1) {
    throw new Error(`Invalid blob path '${path}'. Paths must be in the format 'container/blob'.`);
  }
  return { container: path.slice(0, slash), name: path.slice(slash + 1) };
}
