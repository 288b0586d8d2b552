import { createHash } from 'node:crypto';
import type { BlobFacts, BlobRef, BlobStore, CopyStatus } from '../../src/ports/blob-store';

interface StoredBlob {
  readonly bytes: Buffer;
  readonly facts: BlobFacts;
}

/** {@link BlobStore} in memory, held to the same contract as the real adapter. Faults are set by name of the operation. */
export class MemoryBlobStore implements BlobStore {
  readonly blobs = new Map<string, StoredBlob>();
  /** Status that the next copies report; `finishCopies` ends pending ones. */
  copyStatus: CopyStatus = 'success';
  /** Called before every operation; throw from it to inject a fault. */
  before: (operation: keyof BlobStore, ref: BlobRef) => void = () => undefined;
  #counter = 0;

  put(ref: BlobRef, content: string | Buffer, metadata: Record<string, string> = {}): string {
    const bytes = Buffer.from(content);
    const etag = `"0x${(++this.#counter).toString(16).toUpperCase().padStart(15, '0')}"`;
    this.blobs.set(key(ref), { bytes, facts: { etag, length: bytes.length, contentType: 'image/png', metadata } });
    return etag;
  }

  /** As somebody else would: whatever version it is. */
  lose(ref: BlobRef): void {
    this.blobs.delete(key(ref));
  }

  text(ref: BlobRef): string | undefined {
    return this.blobs.get(key(ref))?.bytes.toString();
  }

  finishCopies(status: CopyStatus): void {
    for (const [k, blob] of this.blobs) {
      if (blob.facts.copy?.status !== 'pending') continue;
      this.blobs.set(k, { ...blob, facts: { ...blob.facts, copy: { ...blob.facts.copy, status } } });
    }
  }

  describe: BlobStore['describe'] = async (ref) => {
    this.before('describe', ref);
    return this.blobs.get(key(ref))?.facts;
  };

  setContentType: BlobStore['setContentType'] = async (ref, contentType) => {
    this.before('setContentType', ref);
    const stored = this.blobs.get(key(ref));
    if (!stored) return { kind: 'gone' };
    if (stored.facts.etag !== ref.ifMatch) return { kind: 'changed' };
    const etag = `"0x${(++this.#counter).toString(16).toUpperCase().padStart(15, '0')}"`;
    this.blobs.set(key(ref), { ...stored, facts: { ...stored.facts, contentType, etag } });
    return { kind: 'set', etag };
  };

  beginUpload: BlobStore['beginUpload'] = (ref) => {
    const parts: Buffer[] = [];
    let abandoned = false;
    return {
      nextBlock: async (size) => {
        this.before('beginUpload', ref);
        if (abandoned) throw new Error('The upload was abandoned.');
        return new Uint8Array(new SharedArrayBuffer(size));
      },
      write: (bytes) => void parts.push(Buffer.from(bytes)),
      commit: async ({ contentType, metadata }) => {
        if (abandoned) throw new Error('The upload was abandoned.');
        if (this.blobs.has(key(ref))) throw new Error('BlobAlreadyExists');
        const etag = this.put(ref, Buffer.concat(parts), { ...metadata });
        const stored = this.blobs.get(key(ref))!;
        this.blobs.set(key(ref), { ...stored, facts: { ...stored.facts, contentType } });
        return { etag };
      },
      abandon: () => {
        abandoned = true;
      },
    };
  };

  startCopy: BlobStore['startCopy'] = async (source, destination, metadata) => {
    this.before('startCopy', destination);
    const from = this.blobs.get(key(source));
    if (!from) return { kind: 'source-gone' };
    if (from.facts.etag !== source.ifMatch) return { kind: 'source-changed' };
    const standing = this.blobs.get(key(destination));
    const expected = destination.expects === 'nothing' ? undefined : destination.expects.etag;
    if (standing?.facts.etag !== expected) return { kind: 'destination-changed' };
    const etag = this.put(destination, from.bytes, { ...metadata });
    const copyId = `copy-${this.#counter}`;
    const stored = this.blobs.get(key(destination))!;
    const facts = {
      ...stored.facts,
      contentType: from.facts.contentType,
      copy: { id: copyId, status: this.copyStatus },
    };
    this.blobs.set(key(destination), { ...stored, facts });
    return { kind: 'started', copyId, status: this.copyStatus, etag };
  };

  read: BlobStore['read'] = async (ref, part) => {
    this.before('read', ref);
    const found = this.blobs.get(key(ref));
    if (!found) return { kind: 'gone' };
    if (found.facts.etag !== ref.ifMatch) return { kind: 'changed' };
    return { kind: 'read', bytes: found.bytes.subarray(part.from, part.from + part.length) };
  };

  hash: BlobStore['hash'] = async (ref, part, signal) => {
    this.before('hash', ref);
    signal?.throwIfAborted();
    const found = this.blobs.get(key(ref));
    if (!found) return { kind: 'gone' };
    if (found.facts.etag !== ref.ifMatch) return { kind: 'changed' };
    const bytes = part ? found.bytes.subarray(part.from, part.from + part.length) : found.bytes;
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    return { kind: 'hashed', sha256, length: bytes.length, facts: found.facts };
  };

  remove: BlobStore['remove'] = async (ref) => {
    this.before('remove', ref);
    const found = this.blobs.get(key(ref));
    if (!found) return 'gone';
    if (found.facts.etag !== ref.ifMatch) return 'changed';
    this.blobs.delete(key(ref));
    return 'removed';
  };
}

function key({ container, name }: BlobRef): string {
  if (name.split('/').some((segment) => segment === '.' || segment === '..')) throw new Error(`bad name ${name}`);
  return `${container}/${name}`;
}
