/** How a file is cut into the blocks of a block blob. Pure; uploads, resumes and verification all go by it. */

export interface BlockPlan {
  /** Bytes of each block but the last. */
  readonly blockSize: number;
  /** 0 for an empty file. */
  readonly count: number;
  /** Bytes of the whole file. */
  readonly length: number;
}

/** Most committed blocks of one blob, and bytes of one block (https://learn.microsoft.com/rest/api/storageservices/put-block-list). */
export const MOST_BLOCKS = 50_000;
export const LARGEST_BLOCK = 4000 * 1024 * 1024;

const MiB = 1024 * 1024;

/** Blocks of `blockSize` bytes, larger ones (whole MiB) where the file would need more than a blob can hold. */
export function blockPlan(length: number, blockSize: number): BlockPlan {
  const least = Math.ceil(length / MOST_BLOCKS);
  const size = least <= blockSize ? blockSize : Math.ceil(least / MiB) * MiB;
  return { blockSize: size, count: Math.ceil(length / size), length };
}

/** Where block `index` begins, and its bytes. */
export function blockRange(plan: BlockPlan, index: number): { readonly offset: number; readonly length: number } {
  const offset = index * plan.blockSize;
  return { offset, length: Math.min(plan.blockSize, plan.length - offset) };
}

/**
 * Id of a block: its index and the MD5 of its bytes, in base64. All ids have one length, as the service demands, and equal ids
 * mean equal bytes at the same place: a block that an interrupted upload left can be used as it is.
 */
export function blockId(index: number, md5: Uint8Array): string {
  const hex = Array.from(md5, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return btoa(`${String(index).padStart(6, '0')}-${hex}`);
}
