import { ResourceFactoryResolver, type ModelBindingData } from '@azure/functions-extensions-base';
import type { InvocationContext } from '@azure/functions';
import type { BlobRef } from '../ports/blob-store';

/** What the host names its references to blobs by. */
const SOURCE = 'AzureStorageBlobs';

/**
 * Makes blob triggers with `sdkBinding` hand over where the blob is, and nothing of its content, whatever its size. The package
 * `@azure/functions-extensions-blob` would make a client of its own from the connection; the app has one.
 */
export function registerBlobReferences(): void {
  const factories = ResourceFactoryResolver.getInstance();
  if (!factories.hasResourceFactory(SOURCE)) factories.registerResourceFactory(SOURCE, referenceOf);
}

function referenceOf(data: ModelBindingData | ModelBindingData[]): BlobRef | undefined {
  const one = Array.isArray(data) ? data[0] : data;
  const { ContainerName: container, BlobName: name } = JSON.parse(one?.content?.toString('utf8') ?? '{}') as {
    readonly ContainerName?: unknown;
    readonly BlobName?: unknown;
  };
  return typeof container === 'string' && typeof name === 'string' ? { container, name } : undefined;
}

/**
 * The blob of an invocation: by its reference, or, where the host handed the content over, by the path that comes with it.
 * @throws Error when neither is there
 */
export function triggeredBlob(given: unknown, { triggerMetadata }: InvocationContext): BlobRef {
  if (isReference(given)) return given;
  const path = triggerMetadata?.['blobTrigger'];
  const slash = typeof path === 'string' ? path.indexOf('/') : -1;
  if (typeof path !== 'string' || slash < 1)
    throw new Error('The host said neither by reference nor by path which blob it is.');
  return { container: path.slice(0, slash), name: path.slice(slash + 1) };
}

function isReference(given: unknown): given is BlobRef {
  const { container, name } = (given ?? {}) as Partial<Record<keyof BlobRef, unknown>>;
  return !Buffer.isBuffer(given) && typeof container === 'string' && typeof name === 'string';
}
