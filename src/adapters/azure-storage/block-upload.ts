/**
 * A block blob staged piece by piece over the SDK's `stageBlock`. The SDK's own stream upload cannot set a Content-MD5 that
 * is known only at the end, nor leave the commit to the caller.
 *
 * Invariants: 1. at most `CONCURRENCY` blocks are on their way, and their memory is used again rather than left to the
 * collector; 2. blocks are committed in the order they were given;
 * 3. after a failed block nothing more is accepted and nothing is committed.
 */
import { randomBytes } from 'node:crypto';
import type { BlockBlobClient } from '@azure/storage-blob';
import type { BlobUpload, CommitOptions } from '../../ports/blob-store';
import { statusOf } from './storage-errors';

const CONCURRENCY = 4;

export function createBlockUpload(blob: BlockBlobClient): BlobUpload {
  const stop = new AbortController();
  // Two uploads of one name at once must not mix their blocks: ids carry a random prefix and have equal length.
  const prefix = randomBytes(8).toString('hex');
  const ids: string[] = [];
  // The first block waits for a second one: a file of one block is put in one request.
  let first: { readonly id: string; readonly bytes: Uint8Array; readonly busy: Promise<void> | undefined } | undefined;
  const underWay = new Set<Promise<void>>();
  const spare: SharedArrayBuffer[] = [];
  let failure: unknown;

  async function stage(id: string, bytes: Uint8Array): Promise<void> {
    try {
      await blob.stageBlock(id, bytes, bytes.byteLength, { abortSignal: stop.signal });
    } catch (error) {
      failure ??= error;
      stop.abort();
    }
  }

  function send(id: string, bytes: Uint8Array, busy: Promise<void> | undefined): void {
    const staging = Promise.all([stage(id, bytes), busy]).then(() => {
      underWay.delete(staging);
      if (bytes.buffer instanceof SharedArrayBuffer) spare.push(bytes.buffer);
    });
    underWay.add(staging);
  }

  function sendFirst(): void {
    if (first) send(first.id, first.bytes, first.busy);
    first = undefined;
  }

  return {
    async nextBlock(size) {
      if (underWay.size >= CONCURRENCY) await Promise.race(underWay);
      if (failure) throw failure as Error;
      const memory = spare.pop();
      return new Uint8Array(memory?.byteLength === size ? memory : new SharedArrayBuffer(size));
    },
    write(bytes, busy) {
      if (failure) return;
      const id = Buffer.from(`${prefix}-${String(ids.length).padStart(6, '0')}`).toString('base64');
      ids.push(id);
      if (ids.length === 1) {
        first = { id, bytes, busy };
        return;
      }
      sendFirst();
      send(id, bytes, busy);
    },
    async commit({ contentType, metadata, md5 }: CommitOptions) {
      await Promise.all(underWay);
      if (failure) throw failure as Error;
      const options = {
        abortSignal: stop.signal,
        blobHTTPHeaders: { blobContentType: contentType, blobContentMD5: md5 },
        metadata: { ...metadata },
        conditions: { ifNoneMatch: '*' },
      };
      const whole = ids.length === 1 ? first?.bytes : undefined;
      try {
        const answer = whole
          ? await blob.upload(whole, whole.byteLength, options)
          : await blob.commitBlockList(ids, options);
        return { etag: answer.etag ?? '' };
      } catch (error) {
        // A first try whose answer was lost leaves this behind: the blob is there, and it is ours.
        if (statusOf(error) !== 409) throw error;
        const standing = await blob.getProperties();
        if (!standing.contentMD5 || Buffer.compare(standing.contentMD5, md5) !== 0) throw error;
        return { etag: standing.etag ?? '' };
      }
    },
    abandon() {
      failure ??= new Error('The upload was abandoned.');
      stop.abort();
    },
  };
}
