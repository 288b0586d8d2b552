import type { BindingDefinition } from '../function-definition';
import type { RpcData } from '../rpc-data';

/** Whether the function asked for a client in place of the content (`sdkBinding: true`). */
export function isDeferred(binding: BindingDefinition): boolean {
  return binding.properties?.['supportsDeferredBinding']?.toLowerCase() === 'true';
}

/** A blob by reference, in the form that factories registered with `@azure/functions-extensions-base` expect. */
export function deferredBlob(connection: string | undefined, container: string, name: string): RpcData {
  const content = { Connection: connection ?? 'AzureWebJobsStorage', ContainerName: container, BlobName: name };
  return {
    modelBindingData: {
      version: '1.0',
      source: 'AzureStorageBlobs',
      contentType: 'application/json',
      content: Buffer.from(JSON.stringify(content)),
    },
  };
}
