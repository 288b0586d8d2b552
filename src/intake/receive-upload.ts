/**
 * `POST /upload`: a multipart form in, blobs in `rawfiles` out (M1).
 *
 * Invariants: 1. nothing appears in storage before the whole form was read and every file of it accepted; 2. at most a few
 * blocks of one file are held; 3. every refusal is a Problem, none an exception; an exception means that storage failed.
 */
import type { Readable } from 'node:stream';
import { isAllowedType } from '../domain/media/file-type';
import { mediaId, RAW_CONTAINER } from '../domain/media/media-event';
import { safeBlobName } from '../domain/media/safe-name';
import { problem, type Problem } from '../domain/problem';
import type { BlobStore, BlobUpload } from '../ports/blob-store';
import type { Clock } from '../ports/clock';
import type { BeginHash } from '../ports/content-hash';
import type { FormFile, FormReader } from '../ports/form-reader';
import type { MediaRecords } from '../ports/media-records';
import { SIGNATURE_BYTES, type SignatureReader } from '../ports/signature';
import { IncomingFile } from './incoming-file';

export interface UploadRequest {
  readonly contentType: string | undefined;
  /** Of the body, framing included; undefined when sent in chunks. */
  readonly contentLength: number | undefined;
  readonly body: Readable | undefined;
  /** W3C `traceparent` to keep with the blob, so that one trace spans the pipeline. */
  readonly traceparent: string | undefined;
  readonly traceId: string | undefined;
}

export interface StoredFile {
  readonly id: string;
  readonly blob: string;
  /** Bytes. */
  readonly size: number;
  /** Lower-case hexadecimal. */
  readonly md5: string;
  readonly contentType: string;
}

export type UploadResult =
  | { readonly kind: 'stored'; readonly files: readonly StoredFile[] }
  | { readonly kind: 'refused'; readonly problem: Problem };

export interface UploadPorts {
  readonly blobs: BlobStore;
  readonly records: MediaRecords;
  readonly forms: FormReader;
  readonly signatures: SignatureReader;
  readonly clock: Clock;
  readonly beginHash: BeginHash;
  /** 8 or more random lower-case letters and digits. */
  readonly unique: () => string;
}

export interface UploadLimits {
  readonly maxBytes: number;
  readonly maxMb: number;
  readonly maxFiles: number;
  readonly allowedTypes: readonly string[];
}

interface Staged {
  readonly file: StoredFile;
  readonly upload: BlobUpload;
  readonly md5: Uint8Array;
}

export function createReceiveUpload(
  ports: UploadPorts,
  limits: UploadLimits,
): (request: UploadRequest) => Promise<UploadResult> {
  return async (request) => {
    if (!request.body)
      return refused(
        problem('FILE_MISSING', 'The request has no body. Send a form: curl -F "file=@./heyo.png" …/upload'),
      );
    // A form's framing is small; what is plainly too large is refused before a byte is read.
    if (request.contentLength !== undefined && request.contentLength > limits.maxBytes + 1024 * 1024) {
      ports.forms.discard(request.body);
      return refused(tooLarge(limits));
    }
    const intake = new Intake(ports, limits);
    try {
      const end = await ports.forms.read({ contentType: request.contentType, body: request.body }, limits, (file) =>
        intake.take(file),
      );
      if (end.kind === 'rejected') return refused(problem(end.code, end.detail));
      if (intake.refusal) return refused(intake.refusal);
      if (intake.staged.length === 0) {
        return refused(
          problem('FILE_MISSING', 'The form has no file in a field named "file": curl -F "file=@./heyo.png" …/upload'),
        );
      }
      return { kind: 'stored', files: await commit(ports, intake.staged, request) };
    } finally {
      intake.abandonUncommitted();
    }
  };
}

/** The files of one form, staged one after the other. */
class Intake {
  readonly staged: Staged[] = [];
  refusal: Problem | undefined;
  #total = 0;
  readonly #files: IncomingFile[] = [];

  constructor(
    private readonly ports: UploadPorts,
    private readonly limits: UploadLimits,
  ) {}

  async take(file: FormFile): Promise<'next' | 'stop'> {
    if (file.field !== 'file') return 'next';
    const outcome = await this.#stage(file);
    if ('code' in outcome) {
      this.refusal = outcome;
      return 'stop';
    }
    this.staged.push(outcome);
    return 'next';
  }

  /** Committed uploads ignore it. */
  abandonUncommitted(): void {
    for (const file of this.#files) file.abandon();
  }

  /** Begins the upload of a file whose first bytes are these, if its type is allowed. */
  async #open(fileName: string, blob: string, head: Uint8Array): Promise<IncomingFile | Problem> {
    const detected = await this.ports.signatures.detect(head.subarray(0, SIGNATURE_BYTES));
    if (!isAllowedType(detected, this.limits.allowedTypes)) return refusedType(fileName, detected?.mime, this.limits);
    const upload = this.ports.blobs.beginUpload({ container: RAW_CONTAINER, name: blob });
    const open = new IncomingFile(upload, detected?.mime ?? 'application/octet-stream', this.ports.beginHash);
    this.#files.push(open);
    await open.append(head);
    return open;
  }

  async #stage({ fileName, content }: FormFile): Promise<Staged | Problem> {
    const blob = safeBlobName(fileName, this.ports.unique());
    let size = 0;
    let open: IncomingFile | undefined;
    // What came before the type was known: a file's first bytes, or a whole small file.
    let head = new Uint8Array(0);

    for await (const chunk of content) {
      size += chunk.byteLength;
      this.#total += chunk.byteLength;
      if (this.#total > this.limits.maxBytes) return tooLarge(this.limits);
      if (open) {
        await open.append(chunk);
        continue;
      }
      head = Buffer.concat([head, chunk]);
      if (head.byteLength < SIGNATURE_BYTES) continue;
      const opened = await this.#open(fileName, blob, head);
      if ('code' in opened) return opened;
      open = opened;
    }
    if (size === 0) return problem('FILE_EMPTY', `${printable(fileName)} is empty. Nothing was stored.`);
    if (!open) {
      const opened = await this.#open(fileName, blob, head);
      if ('code' in opened) return opened;
      open = opened;
    }
    const digest = await open.end();
    const { upload, contentType } = open;
    const file: StoredFile = {
      id: mediaId(RAW_CONTAINER, blob),
      blob,
      size,
      md5: Buffer.from(digest).toString('hex'),
      contentType,
    };
    return { file, upload, md5: digest };
  }
}

async function commit(ports: UploadPorts, staged: readonly Staged[], request: UploadRequest): Promise<StoredFile[]> {
  for (const { file, upload, md5 } of staged) {
    const metadata = request.traceparent ? { traceparent: request.traceparent } : {};
    const { etag } = await upload.commit({ contentType: file.contentType, metadata, md5 });
    await ports.records.put({
      id: file.id,
      container: RAW_CONTAINER,
      name: file.blob,
      etag,
      sequencer: '',
      state: 'stored',
      updatedAt: new Date(ports.clock.now()).toISOString(),
      size: file.size,
      md5: file.md5,
      contentType: file.contentType,
      ...(request.traceId ? { traceId: request.traceId } : {}),
    });
  }
  return staged.map((s) => s.file);
}

function refused(p: Problem): UploadResult {
  return { kind: 'refused', problem: p };
}

function tooLarge(limits: UploadLimits): Problem {
  const detail = `The files of one request may hold ${limits.maxMb} MiB together. Send fewer or smaller files, or raise UPLOAD_MAX_MB.`;
  return problem('FILE_TOO_LARGE', detail, { maxBytes: limits.maxBytes });
}

function refusedType(fileName: string, mime: string | undefined, limits: UploadLimits): Problem {
  const found = mime ? `is ${mime} by its content` : 'has a content of no known type';
  const detail = `${printable(fileName)} ${found}; accepted: ${limits.allowedTypes.join(', ')} (UPLOAD_ALLOWED_TYPES). Nothing was stored.`;
  return problem('FILE_TYPE_REFUSED', detail, { allowedTypes: limits.allowedTypes });
}

function printable(fileName: string): string {
  const short = [...fileName].slice(0, 80).join('');
  return JSON.stringify(short);
}
