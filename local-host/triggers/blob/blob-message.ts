/**
 * The message that says "this version of this blob is for that function", on the host's own queue and, after too many
 * failures, on `webjobs-blobtrigger-poison`. Field names and order as recorded from the real host.
 */
export interface BlobMessage {
  readonly functionId: string;
  readonly container: string;
  readonly blob: string;
  /** Without quotes. */
  readonly etag: string;
}

export function blobMessageText(message: BlobMessage, blobType: string): string {
  return JSON.stringify({
    Type: 'BlobTrigger',
    FunctionId: message.functionId,
    BlobType: blobType,
    ContainerName: message.container,
    BlobName: message.blob,
    ETag: `"${message.etag}"`,
  });
}

/** Undefined when the text is no such message. */
export function parseBlobMessage(text: string): BlobMessage | undefined {
  try {
    const { FunctionId, ContainerName, BlobName, ETag } = JSON.parse(text) as Record<string, unknown>;
    if (typeof FunctionId !== 'string' || typeof ContainerName !== 'string') return undefined;
    if (typeof BlobName !== 'string' || typeof ETag !== 'string') return undefined;
    return { functionId: FunctionId, container: ContainerName, blob: BlobName, etag: ETag.replaceAll('"', '') };
  } catch {
    return undefined;
  }
}
