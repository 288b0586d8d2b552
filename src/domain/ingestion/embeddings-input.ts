/**
 * What the orchestration of a document is started with: by the blob trigger, by a replay, or by anybody through the host's own
 * API with `{projectId, name, text}`.
 */
import { z } from 'zod';
import { instanceId } from '../instance-id';
import type { DocumentSource } from './document';

/** As users and saved queries know it. */
export const EMBEDDINGS = 'embeddings_orchestrator';

/** Most bytes of a text, written as JSON, that go along with the start; longer ones lie in a working blob. */
export const LONGEST_INLINE_BYTES = 48 * 1024;

const source = z.object({ container: z.string(), blob: z.string(), etag: z.string() });
const stored = z.object({
  /** Where the text lies as UTF-8, within the container of working copies. */
  blob: z.string(),
  bytes: z.number().int().nonnegative(),
  contentHash: z.string().regex(/^[0-9a-f]{64}$/),
});

const schema = z
  .object({
    projectId: z.string().min(1).max(200),
    name: z.string().min(1).max(1_024),
    text: z.string().optional(),
    stored: stored.optional(),
    source: source.optional(),
    contentType: z.string().max(1_000).optional(),
    uploadedBy: z.string().max(1_000).optional(),
    /** When the blob was taken in, milliseconds since the epoch. */
    takenAtMs: z.number().optional(),
  })
  .refine(({ text, stored }) => (text === undefined) !== (stored === undefined), {
    message: 'needs either text or stored',
  });

export type EmbeddingsInput = z.output<typeof schema>;
export type StoredText = z.output<typeof stored>;

export type ParsedInput =
  { readonly kind: 'input'; readonly input: EmbeddingsInput } | { readonly kind: 'invalid'; readonly reason: string };

/** Whoever may start orchestrations may start this one with anything. */
export function parseEmbeddingsInput(value: unknown): ParsedInput {
  const parsed = schema.safeParse(value);
  if (parsed.success) return { kind: 'input', input: parsed.data };
  const reason = parsed.error.issues
    .slice(0, 5)
    .map(({ path, message }) => `${path.join('.') || 'the input'}: ${message}`)
    .join('; ');
  return { kind: 'invalid', reason };
}

/** The run that ingests this version of a blob, the same for every delivery of its event. */
export function ingestionInstanceId(
  projectId: string,
  account: string,
  { container, blob, etag }: DocumentSource,
): string {
  return instanceId('ingestion', projectId, account, container, blob, etag.replaceAll('"', ''));
}

/** Where a run keeps its text among the working blobs; `container`: the one that its blob lies in. */
export function textBlobOf(container: string, instanceId: string): string {
  return `${textBlobsOf(container)}${instanceId}/text`;
}

/** Where it keeps its plan, given where its text lies. */
export function planBlobOf(textBlob: string): string {
  return `${textBlob}-plan`;
}

/** What the working blobs of all runs of a container begin with. */
export function textBlobsOf(container: string): string {
  return `${container}/`;
}

/** The run that a working blob of the container belongs to; undefined for one that is none of its. */
export function runOfWorkingBlob(container: string, name: string): string | undefined {
  const prefix = textBlobsOf(container);
  return name.startsWith(prefix) ? /^([\w-]{1,200})\/./.exec(name.slice(prefix.length))?.[1] : undefined;
}
