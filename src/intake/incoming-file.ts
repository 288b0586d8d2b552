/**
 * One file on its way from a form to storage: cut into blocks, hashed while it is sent.
 *
 * A small file is kept as it came and sent as one block; a large one is copied into blocks whose memory is used again, which
 * must not happen before a block was both sent and hashed.
 */
import type { BlobUpload } from '../ports/blob-store';
import type { BeginHash, ContentHash } from '../ports/content-hash';

const BLOCK_BYTES = 4 * 1024 * 1024;
const SMALL_BYTES = 256 * 1024;
const MOST_PIECES = 64;

export class IncomingFile {
  #small: Uint8Array[] = [];
  #smallBytes = 0;
  #block: Uint8Array | undefined;
  #filled = 0;
  #hash: ContentHash | undefined;
  #hashFailed: unknown;

  constructor(
    readonly upload: BlobUpload,
    readonly contentType: string,
    private readonly beginHash: BeginHash,
  ) {}

  async append(chunk: Uint8Array): Promise<void> {
    if (!this.#hash && this.#smallBytes + chunk.byteLength <= SMALL_BYTES) {
      this.#small.push(chunk);
      this.#smallBytes += chunk.byteLength;
      // A client that sends byte by byte must not make us keep an object for each.
      if (this.#small.length >= MOST_PIECES) this.#small = [Buffer.concat(this.#small)];
      return;
    }
    if (!this.#hash) {
      this.#hash = this.beginHash(true);
      for (const held of this.#small.splice(0)) await this.#fill(held);
    }
    await this.#fill(chunk);
  }

  /** Sends what is left and gives the MD5 of it all. */
  async end(): Promise<Uint8Array> {
    if (!this.#hash) {
      const whole = Buffer.concat(this.#small);
      this.#hash = this.beginHash(false);
      this.#send(whole);
    } else if (this.#block && this.#filled > 0) {
      this.#send(this.#block.subarray(0, this.#filled));
    }
    const digest = await this.#hash.digest();
    if (this.#hashFailed) throw this.#hashFailed as Error;
    return digest;
  }

  abandon(): void {
    this.#hash?.abandon();
    this.upload.abandon();
  }

  async #fill(chunk: Uint8Array): Promise<void> {
    for (let from = 0; from < chunk.byteLength;) {
      this.#block ??= await this.upload.nextBlock(BLOCK_BYTES);
      const part = chunk.subarray(from, from + BLOCK_BYTES - this.#filled);
      this.#block.set(part, this.#filled);
      this.#filled += part.byteLength;
      from += part.byteLength;
      if (this.#filled < BLOCK_BYTES) continue;
      this.#send(this.#block);
      this.#block = undefined;
      this.#filled = 0;
    }
  }

  #send(bytes: Uint8Array): void {
    const hashed = this.#hash?.update(bytes).catch((error: unknown) => {
      this.#hashFailed ??= error;
    });
    this.upload.write(bytes, hashed);
  }
}
