/**
 * Uploads of content that lies ready (a staged file), block by block. The push-style uploads of a form are
 * {@link import('./blob-store').BlobUpload}.
 */
export interface BlockSource {
  /** Bytes. */
  readonly length: number;
  /** Fills `into` with the bytes from `offset`. Rejects when the content is not there in full. */
  read(into: Uint8Array, offset: number): Promise<void>;
}

export interface BlockUploadTuning {
  /** Bytes of a block. */
  readonly blockSize: number;
  /** Content of up to this many bytes goes in one request. */
  readonly singlePutSize: number;
  /** Most blocks on their way at once. */
  readonly concurrency: number;
}

/** Waits until so many bytes may be sent; shared by all uploads that share a cap. */
export type ByteGate = (bytes: number, signal?: AbortSignal) => Promise<void>;

export interface BlockUploadOptions extends BlockUploadTuning {
  readonly contentType: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** MD5 of the whole content, 16 bytes; a function is asked when all blocks are staged. */
  readonly md5: Uint8Array | (() => Promise<Uint8Array>);
  /** MD5 of each block, where known already: the bytes sent are then checked against it, whoever changed them meanwhile. */
  readonly blockMd5s?: readonly Uint8Array[];
  /**
   * Ids of the blocks that an interrupted upload left. Absent: the service is asked. A signature without the right to read
   * cannot ask; its caller keeps a journal.
   */
  readonly staged?: ReadonlySet<string>;
  /** Called for each block that is staged, reused ones included. */
  readonly onBlock?: (id: string, bytes: number, reused: boolean) => void;
  readonly gate?: ByteGate;
  readonly signal?: AbortSignal;
  /** Called after every wait, right before anything is sent or committed; throws to end the upload. */
  readonly check?: () => void;
  /** The blob as it must stand for the commit; absent: anything. Storage answers 409 or 412 otherwise. */
  readonly conditions?: { readonly ifMatch?: string; readonly ifNoneMatch?: string };
}

export interface UploadedBlocks {
  readonly etag: string;
  /** Bytes sent; less than the content's length when blocks were reused. */
  readonly sentBytes: number;
  /** In order; empty when the content went in one request. */
  readonly blockIds: readonly string[];
  /** MD5 of the whole content. */
  readonly md5: Uint8Array;
  /** The service itself computed `md5` from what it received. */
  readonly md5ByService: boolean;
}
