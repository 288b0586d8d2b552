/** As much of a container of block blobs as the share needs, with the service's own checks; every call may be made to fail. */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { ContainerClient } from '@azure/storage-blob';

interface Stored {
  readonly bytes: Buffer;
  readonly md5: Buffer;
  readonly blocks: readonly { readonly name: string; readonly size: number }[];
  readonly etag: string;
}

interface Conditional {
  readonly conditions?: { readonly ifMatch?: string; readonly ifNoneMatch?: string };
}

export class MemoryContainer {
  readonly blobs = new Map<string, Stored>();
  readonly uncommitted = new Map<string, Map<string, Buffer>>();
  /** Called around every request; throw from it to let the request fail before or after it took effect. */
  around: (when: 'before' | 'after', request: string) => void = () => undefined;
  /** Called with what becomes visible. */
  onCommit: (name: string, bytes: Buffer) => void = () => undefined;
  #etags = 0;

  client(): ContainerClient {
    return { getBlockBlobClient: (name: string) => this.#blob(name) } as unknown as ContainerClient;
  }

  #blob(name: string) {
    const request = async <T>(what: string, work: () => T): Promise<T> => {
      await Promise.resolve();
      this.around('before', what);
      const answer = work();
      this.around('after', what);
      return answer;
    };
    const show = (bytes: Buffer, md5: Uint8Array, blocks: Stored['blocks']): { etag: string } => {
      const etag = `"0x${++this.#etags}"`;
      this.blobs.set(name, { bytes, md5: Buffer.from(md5), blocks, etag });
      this.uncommitted.delete(name);
      this.onCommit(name, bytes);
      return { etag };
    };
    const holdTo = ({ conditions = {} }: Conditional): void => {
      const standing = this.blobs.get(name);
      if (conditions.ifNoneMatch === '*' && standing) throw failure(409, 'BlobAlreadyExists');
      if (conditions.ifMatch !== undefined && conditions.ifMatch !== standing?.etag)
        throw failure(412, 'ConditionNotMet');
    };
    return {
      upload: (body: Uint8Array, _length: number, options: { transactionalContentMD5: Uint8Array } & Conditional) => {
        const bytes = Buffer.from(body);
        return request('upload', () => {
          holdTo(options);
          check(bytes, options.transactionalContentMD5);
          return { ...show(bytes, options.transactionalContentMD5, []), contentMD5: md5Of(bytes) };
        });
      },
      stageBlock: (id: string, body: Uint8Array, _n: number, options: { transactionalContentMD5: Uint8Array }) => {
        const bytes = Buffer.from(body);
        return request('stageBlock', () => {
          check(bytes, options.transactionalContentMD5);
          const blocks = this.uncommitted.get(name) ?? new Map<string, Buffer>();
          this.uncommitted.set(name, blocks.set(id, bytes));
          return {};
        });
      },
      commitBlockList: (ids: string[], options: { blobHTTPHeaders: { blobContentMD5: Uint8Array } } & Conditional) =>
        request('commitBlockList', () => {
          holdTo(options);
          const staged = this.uncommitted.get(name);
          const standing = this.blobs.get(name);
          let at = 0;
          const committed = new Map(
            standing?.blocks.map((b) => [b.name, standing.bytes.subarray(at, (at += b.size))] as const),
          );
          const parts = ids.map((id) => staged?.get(id) ?? committed.get(id));
          if (parts.some((part) => part === undefined)) throw failure(400, 'InvalidBlockList');
          const bytes = Buffer.concat(parts as Buffer[]);
          return show(
            bytes,
            options.blobHTTPHeaders.blobContentMD5,
            ids.map((id, i) => ({ name: id, size: parts[i]!.length })),
          );
        }),
      getBlockList: (kind: string) =>
        request('getBlockList', () => {
          const standing = this.blobs.get(name);
          const staged = this.uncommitted.get(name);
          if (!standing && !staged) throw failure(404, 'BlobNotFound');
          return {
            committedBlocks: kind === 'committed' ? (standing?.blocks ?? []) : [],
            uncommittedBlocks: [...(staged ?? [])].map(([id, b]) => ({ name: id, size: b.length })),
            blobContentLength: standing?.bytes.length ?? 0,
          };
        }),
      getProperties: () =>
        request('getProperties', () => {
          const standing = this.blobs.get(name);
          if (!standing) throw failure(404, 'BlobNotFound');
          return { contentLength: standing.bytes.length, contentMD5: standing.md5, etag: standing.etag };
        }),
      download: () =>
        request('download', () => {
          const standing = this.blobs.get(name);
          if (!standing) throw failure(404, 'BlobNotFound');
          return { readableStreamBody: Readable.from([standing.bytes]) };
        }),
    };
  }
}

/** An error as the SDK would throw it. */
export function failure(statusCode: number, code: string): Error {
  return Object.assign(new Error(`${statusCode} ${code}`), { statusCode, code, name: 'RestError' });
}

function check(bytes: Buffer, md5: Uint8Array): void {
  if (Buffer.compare(md5Of(bytes), md5) !== 0) throw failure(400, 'Md5Mismatch');
}

function md5Of(bytes: Buffer): Buffer {
  return createHash('md5').update(bytes).digest();
}
