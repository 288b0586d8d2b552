import { createHash } from 'node:crypto';
import type { BlobDownloadResponseParsed, BlobGetPropertiesResponse } from '@azure/storage-blob';
import type {
  BlobFacts,
  BlobRef,
  BlobStore,
  BytePart,
  CopyStart,
  HashResult,
  ReadResult,
} from '../../ports/blob-store';
import { createBlockUpload } from './block-upload';
import type { StorageClients } from './clients';
import { codeOf, statusOf } from './storage-errors';

/** {@link BlobStore} on Azure Blob Storage (and Azurite). Containers must exist: `provision` makes them. */
export function createBlobStore(clients: StorageClients): BlobStore {
  const client = (ref: BlobRef) => {
    // A URL would fold such segments away and mean another blob, or another container.
    if (ref.name.split('/').some((segment) => segment === '.' || segment === '..')) {
      throw new Error(
        `The blob name ${JSON.stringify(ref.name.slice(0, 200))} has a segment . or .. and cannot be addressed.`,
      );
    }
    return clients.blobs().getContainerClient(ref.container).getBlockBlobClient(ref.name);
  };

  return {
    describe,

    beginUpload: (ref) => createBlockUpload(client(ref)),

    async startCopy(source, destination, metadata): Promise<CopyStart> {
      const expects = destination.expects;
      try {
        const poller = await client(destination).beginCopyFromURL(client(source).url, {
          metadata: { ...metadata },
          sourceConditions: { ifMatch: source.ifMatch },
          conditions: expects === 'nothing' ? { ifNoneMatch: '*' } : { ifMatch: expects.etag },
          // The orchestration polls, durably; nothing here waits.
          intervalInMs: 2 ** 31 - 1,
        });
        const started = poller.getOperationState().result ?? (await describeCopy(destination));
        return {
          kind: 'started',
          copyId: started.copyId ?? '',
          status: started.copyStatus ?? 'pending',
          etag: started.etag ?? '',
        };
      } catch (error) {
        const status = statusOf(error);
        if (status !== 404 && status !== 409 && status !== 412) throw error;
        if (codeOf(error) === 'PendingCopyOperation') return { kind: 'destination-changed' };
        // Which of the two conditions failed, the answer does not always say.
        const now = await describe(source);
        if (!now) return { kind: 'source-gone' };
        // Not the source: the destination's container is missing.
        if (status === 404) throw error;
        return { kind: now.etag === source.ifMatch ? 'destination-changed' : 'source-changed' };
      }
    },

    async setContentType(ref, contentType) {
      try {
        const conditions = { ifMatch: ref.ifMatch };
        // All headers are set at once: what is not given is gone.
        const { contentMD5, cacheControl, contentDisposition, contentEncoding, contentLanguage } = await client(
          ref,
        ).getProperties({ conditions });
        const answer = await client(ref).setHTTPHeaders(
          {
            blobContentType: contentType,
            ...(contentMD5 ? { blobContentMD5: contentMD5 } : {}),
            ...(cacheControl ? { blobCacheControl: cacheControl } : {}),
            ...(contentDisposition ? { blobContentDisposition: contentDisposition } : {}),
            ...(contentEncoding ? { blobContentEncoding: contentEncoding } : {}),
            ...(contentLanguage ? { blobContentLanguage: contentLanguage } : {}),
          },
          { conditions },
        );
        return { kind: 'set', etag: answer.etag ?? '' };
      } catch (error) {
        if (statusOf(error) === 404) return { kind: 'gone' };
        if (statusOf(error) === 412) return { kind: (await describe(ref)) ? 'changed' : 'gone' };
        throw error;
      }
    },

    async read(ref, part): Promise<ReadResult> {
      const chunks: Buffer[] = [];
      const missed = await readEach(ref, part, (bytes) => chunks.push(bytes));
      return typeof missed === 'string' ? { kind: missed } : { kind: 'read', bytes: Buffer.concat(chunks) };
    },

    async hash(ref, part, signal): Promise<HashResult> {
      const hash = createHash('sha256');
      let length = 0;
      const take = (bytes: Buffer): void => {
        hash.update(bytes);
        length += bytes.length;
      };
      const read = await readEach(ref, part, take, signal);
      if (typeof read === 'string') return { kind: read };
      const facts = read ?? (await describe(ref));
      if (!facts) return { kind: 'gone' };
      if (facts.etag !== ref.ifMatch) return { kind: 'changed' };
      return { kind: 'hashed', sha256: hash.digest('hex'), length, facts };
    },

    async remove(ref) {
      try {
        await client(ref).delete({ conditions: { ifMatch: ref.ifMatch } });
        return 'removed';
      } catch (error) {
        if (isMissingBlob(error)) return 'gone';
        if (codeOf(error) === 'ConditionNotMet') return (await describe(ref)) ? 'changed' : 'gone';
        throw error;
      }
    },
  };

  /** Hands over the bytes of a version as they come, and gives what its answer says of it; nothing for a part behind its end. */
  async function readEach(
    ref: BlobRef & { readonly ifMatch: string },
    part: BytePart | undefined,
    take: (bytes: Buffer) => void,
    signal?: AbortSignal,
  ): Promise<BlobFacts | 'gone' | 'changed' | undefined> {
    try {
      const answer = await client(ref).download(part?.from, part?.length, {
        conditions: { ifMatch: ref.ifMatch },
        maxRetryRequests: 5,
        ...(signal ? { abortSignal: signal } : {}),
      });
      for await (const chunk of answer.readableStreamBody ?? []) take(chunk as Buffer);
      return { ...factsOf(answer), length: wholeLength(answer) };
    } catch (error) {
      // A part that begins at or after the end, as every part of an empty blob does.
      if (part && statusOf(error) === 416) return undefined;
      if (statusOf(error) === 404) return 'gone';
      // A condition on a blob that is gone fails as one, too.
      if (statusOf(error) === 412) return (await describe(ref)) ? 'changed' : 'gone';
      throw error;
    }
  }

  async function describe(ref: BlobRef): Promise<BlobFacts | undefined> {
    try {
      return factsOf(await client(ref).getProperties());
    } catch (error) {
      if (isMissingBlob(error)) return undefined;
      throw error;
    }
  }

  async function describeCopy(ref: BlobRef): Promise<BlobGetPropertiesResponse> {
    return client(ref).getProperties();
  }
}

/** A container that is missing is an outage, not an answer about the blob. */
function isMissingBlob(error: unknown): boolean {
  return statusOf(error) === 404 && codeOf(error) !== 'ContainerNotFound';
}

/** Bytes of the blob, of which the answer may hold a part: `bytes 0-99/200`. */
function wholeLength({ contentRange, contentLength }: BlobDownloadResponseParsed): number {
  const total = /\/(\d+)$/.exec(contentRange ?? '')?.[1];
  return total === undefined ? (contentLength ?? 0) : Number(total);
}

function factsOf(p: BlobGetPropertiesResponse | BlobDownloadResponseParsed): BlobFacts {
  return {
    etag: p.etag ?? '',
    length: p.contentLength ?? 0,
    contentType: p.contentType ?? 'application/octet-stream',
    metadata: p.metadata ?? {},
    ...(p.copyId && p.copyStatus ? { copy: { id: p.copyId, status: p.copyStatus } } : {}),
  };
}
