/** Blob trigger. */
import type { DequeuedMessageItem } from '@azure/storage-queue';
import type { BindingDefinition, FunctionDefinition } from '../../function-definition';
import { FunctionIndexingError, type HostContext, type Invocation, type TriggerPlugin } from '../../plugin';
import type { RpcData } from '../../rpc-data';
import { resolveSettings } from '../../settings/host-settings';
import { statusOf } from '../../storage/azure-sdk';
import { storageConnection, type StorageConnection } from '../../storage/connection';
import { deferredBlob, isDeferred } from '../../storage/deferred-blob';
import { dotnetLogTime } from '../../storage/dotnet-time';
import type { Processed } from '../../storage/message-pump';
import { blobHost } from './blob-host';
import type { BlobMessage } from './blob-message';
import { blobMetadata } from './blob-metadata';
import { blobWarnings } from './blob-warnings';
import { parsePathPattern, type PathPattern } from './path-pattern';
import { blobSettings } from './settings';

/**
 * Trigger `blobTrigger`. Options `path` (with `%SETTING%` and parameters), `connection`, `dataType` (`string` for text),
 * `source` (`EventGrid`: only blobs from after the first start). Content is handed over as bytes, or as a reference for SDK
 * bindings.
 */
export const blobTrigger: TriggerPlugin = {
  type: 'blobtrigger',
  check(_fn, binding, context) {
    patternOf(binding, context);
    connectionOf(binding, context);
    blobSettings(context.settings);
    storageConnection(context.settings);
  },
  async start(fn, binding, context) {
    const pattern = patternOf(binding, context);
    const connection = connectionOf(binding, context);
    const host = blobHost(context);
    host.value.add({
      name: fn.name,
      pattern,
      connection,
      wantsOld: String(binding['source']).toLowerCase() !== 'eventgrid',
      process: (message, item) => process(fn, binding, context, message, item),
    });
    return { stop: () => host.release() };
  },
  async manual(_fn, binding, input, context) {
    const slash = input.indexOf('/');
    const blob = input.slice(slash + 1);
    const found = slash > 0 && (await invocationFor(binding, context, input.slice(0, slash), blob, undefined));
    // By hand a function can be called for a blob that does not exist: it then gets no content.
    const nothing = { input: {}, triggerMetadata: { BlobTrigger: { string: input } } };
    return {
      ...(found ? found.invocation : nothing),
      reason: 'This function was programmatically called via the host APIs.',
    };
  },
};

/** A blob that is gone, or has changed since, is no failure: the change has a message of its own. */
async function process(
  fn: FunctionDefinition,
  binding: BindingDefinition,
  context: HostContext,
  message: BlobMessage,
  item: DequeuedMessageItem,
): Promise<Processed> {
  const found = await invocationFor(binding, context, message.container, message.blob, message.etag);
  if (!found) return 'done';
  for (const warning of blobWarnings(fn.name, binding, patternOf(binding, context), message.blob, found.bytes))
    if (!said.has(warning.key)) {
      said.add(warning.key);
      context.log.warning(warning.text);
    }
  const { error } = await context.invoke(fn, {
    ...found.invocation,
    reason: `New blob detected(LogsAndContainerScan): ${message.container}/${message.blob}`,
    details:
      `Trigger Details: MessageId: ${item.messageId}, DequeueCount: ${item.dequeueCount}, InsertionTime: ${dotnetLogTime(item.insertedOn)}, ` +
      `BlobCreated: ${dotnetLogTime(found.created)}, BlobLastModified: ${dotnetLogTime(found.lastModified)}`,
  });
  return error === undefined ? 'done' : 'failed';
}

/** Warnings that were given, by function and kind. */
const said = new Set<string>();

interface Found {
  readonly invocation: Pick<Invocation, 'input' | 'triggerMetadata'>;
  /** Read into memory for the handler; 0 for a reference. */
  readonly bytes: number;
  readonly created: Date;
  readonly lastModified: Date;
}

/** Undefined when the blob is gone, or is another version than the wanted one. */
async function invocationFor(
  binding: BindingDefinition,
  context: HostContext,
  container: string,
  name: string,
  etag: string | undefined,
): Promise<Found | undefined> {
  const connection = connectionOf(binding, context);
  const blob = connection.blobs().getContainerClient(container).getBlobClient(name);
  try {
    const properties = await blob.getProperties();
    const current = properties.etag?.replaceAll('"', '');
    if (etag !== undefined && current !== etag) return undefined;
    let input: RpcData;
    let bytes = 0;
    if (isDeferred(binding)) input = deferredBlob(connection.name, container, name);
    else {
      // The content must be that of the properties, even if the blob is overwritten in between.
      const conditions = properties.etag === undefined ? {} : { conditions: { ifMatch: properties.etag } };
      const length = properties.contentLength ?? 0;
      bytes = length;
      const content = length === 0 ? Buffer.alloc(0) : await blob.downloadToBuffer(0, length, conditions);
      input = contentOf(content, binding['dataType']);
    }
    const parameters = patternOf(binding, context).match(name) ?? {};
    const { createdOn, lastModified } = properties;
    return {
      invocation: { input, triggerMetadata: blobMetadata(`${container}/${name}`, blob.url, properties, parameters) },
      bytes,
      created: createdOn ?? lastModified ?? new Date(0),
      lastModified: lastModified ?? new Date(0),
    };
  } catch (error) {
    const status = statusOf(error);
    if (status === 404 || status === 412) return undefined;
    throw error;
  }
}

function contentOf(bytes: Uint8Array, dataType: unknown): RpcData {
  return dataType === 'string' ? { string: Buffer.from(bytes).toString('utf8') } : { bytes };
}

function patternOf(binding: BindingDefinition, context: HostContext): PathPattern {
  const path = binding['path'] ?? binding['blobPath'];
  try {
    return parsePathPattern(resolveSettings(context.settings, typeof path === 'string' ? path : ''));
  } catch (error) {
    throw new FunctionIndexingError((error as Error).message);
  }
}

function connectionOf({ connection }: BindingDefinition, context: HostContext): StorageConnection {
  return storageConnection(context.settings, typeof connection === 'string' ? connection : undefined);
}
