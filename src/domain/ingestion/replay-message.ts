/** The message of a replay: which blob to read again, or a text that came without one. */
import { z } from 'zod';
import { isAddressable } from '../blob-events/blob-event';
import { queueMessageText } from '../queue-message';
import { HELD_PREFIX } from '../storage-layout';
import { parseEmbeddingsInput, type EmbeddingsInput } from './embeddings-input';

export type ReplayMessage =
  /** `quarantine`: where it is held, to be put back first. */
  | { readonly kind: 'blob'; readonly container: string; readonly name: string; readonly quarantine?: string }
  | { readonly kind: 'text'; readonly input: EmbeddingsInput }
  | { readonly kind: 'rejected'; readonly reason: string };

const blob = z.object({
  container: z.string().min(1).max(63),
  name: z.string().min(1).max(1_024),
  quarantine: z.string().startsWith(HELD_PREFIX).max(1_024).refine(isAddressable).exactOptional(),
});
/** What the host writes of a blob that it gave up. */
const poisoned = z.object({
  Type: z.literal('BlobTrigger'),
  ContainerName: z.string(),
  BlobName: z.string(),
  ETag: z.string().exactOptional(),
});

/** The blob that such a message names; undefined of any other. */
export function givenUpBlob(
  text: string,
): { readonly container: string; readonly name: string; readonly etag: string } | undefined {
  try {
    const { data } = poisoned.safeParse(JSON.parse(text));
    return data && { container: data.ContainerName, name: data.BlobName, etag: data.ETag ?? '' };
  } catch {
    return undefined;
  }
}

/** `container`: the only one that blobs are read from. */
export function parseReplayMessage(message: unknown, container: string): ReplayMessage {
  let value: unknown;
  try {
    value = JSON.parse(queueMessageText(message));
  } catch {
    return { kind: 'rejected', reason: 'The message is not JSON.' };
  }
  const host = poisoned.safeParse(value);
  const named = blob.safeParse(host.success ? { container: host.data.ContainerName, name: host.data.BlobName } : value);
  if (!named.success) {
    const text = parseEmbeddingsInput(value);
    return text.kind === 'input' ? { kind: 'text', input: text.input } : { kind: 'rejected', reason: text.reason };
  }
  if (named.data.container !== container)
    return { kind: 'rejected', reason: `Blobs are read from ${container} alone, not from ${named.data.container}.` };
  return { kind: 'blob', ...named.data };
}
