/** MD5 of content that arrives in blocks. */
export interface ContentHash {
  /** Takes the next block in order. Resolves when it was read; until then its memory must stay as it is. */
  update(bytes: Uint8Array): Promise<void>;
  /** 16 bytes, once all blocks were read. */
  digest(): Promise<Uint8Array>;
  /** Lets go of it without a result. */
  abandon(): void;
}

/** Begins a hash. `large`: more than a block is to come, so that it is worth another thread. */
export type BeginHash = (large: boolean) => ContentHash;
