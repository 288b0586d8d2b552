/** An upload that goes straight into storage under a signed URL, instead of through `POST /upload` (M1b). */
import { z } from 'zod';
import { RAW_CONTAINER } from './media-event';
import type { MediaRecord } from './media-record';

/** Bytes; 50,000 blocks of 4,000 MiB: https://learn.microsoft.com/azure/storage/blobs/scalability-targets */
const LARGEST_BLOB = 50_000 * 4_000 * 1024 * 1024;

/** Says nothing about a file. */
export const UNKNOWN_TYPE = 'application/octet-stream';
/** Characters of base64: more bytes than any type is told by. */
const LONGEST_HEAD = 8192;

/** What was announced before the file came: the orchestration holds the blob to it. */
export interface DirectUpload {
  /** Id of the file it will become. */
  readonly id: string;
  /** Name in `rawfiles`. */
  readonly blob: string;
  /** Bytes. */
  readonly size: number;
  readonly contentType: string;
  /** ISO 8601. */
  readonly announcedAt: string;
  /** W3C `traceparent` of the request that announced it. */
  readonly traceparent?: string;
}

/** Unknown members are refused: a misspelt `contentType` must not pass for one that was left out. */
export const directUploadRequest = z.strictObject({
  name: z.string().min(1).max(10_000),
  size: z.int().min(1).max(LARGEST_BLOB),
  contentType: z
    .string()
    .regex(/^[\w!#$&^.+-]{1,127}\/[\w!#$&^.+-]{1,127}$/)
    .default(UNKNOWN_TYPE),
  /** The file's first bytes, so that its type is told before it is sent. */
  head: z.base64().max(LONGEST_HEAD).optional(),
});

/** What `GET /v1/media/{id}` says of it until its blob comes. */
export function announcedRecord({ id, blob, size, contentType, announcedAt }: DirectUpload): MediaRecord {
  const place = { container: RAW_CONTAINER, name: blob, etag: '', sequencer: '' };
  return { id, ...place, state: 'announced', updatedAt: announcedAt, size, contentType };
}
