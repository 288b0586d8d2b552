/**
 * The block engine: a file that lies ready becomes a block blob over the SDK's `stageBlock` (ADR 0005 says why not by its
 * one-call upload). Used by the share pipeline and by `npm run upload`.
 *
 * Invariants: 1. every block carries its MD5, which the service compares with what it received; 2. a block's id is its index
 * and MD5, so that what an interrupted upload left is reused and nothing else is; 3. at most `concurrency` blocks are held;
 * 4. nothing is visible before the commit, which carries MD5, metadata and the caller's conditions; 5. after a failed block, or an abort,
 * nothing is committed, and no request is left under way when the promise settles.
 */
import { createHash } from 'node:crypto';
import type { BlockBlobClient } from '@azure/storage-blob';
import { blockId, blockPlan, blockRange, type BlockPlan } from '../../domain/blocks/block-plan';
import type { BlockSource, BlockUploadOptions, UploadedBlocks } from '../../ports/block-upload';
import { createBlockMemory, type BlockMemory } from './block-memory';
import { statusOf } from './storage-errors';

const sharedMemory = createBlockMemory();
let uploads = 0;

/** As much of a block blob as an upload needs; the SDK's `BlockBlobClient` is one. */
export interface UploadTarget {
  upload(
    body: Uint8Array,
    length: number,
    options: UploadHeaders & { readonly transactionalContentMD5: Uint8Array },
  ): Promise<{ readonly etag?: string; readonly contentMD5?: Uint8Array | undefined }>;
  stageBlock(
    id: string,
    body: Uint8Array,
    length: number,
    options: { readonly abortSignal?: AbortSignal; readonly transactionalContentMD5: Uint8Array },
  ): Promise<unknown>;
  commitBlockList(ids: string[], options: UploadHeaders): Promise<{ readonly etag?: string }>;
  getBlockList: BlockBlobClient['getBlockList'];
}

export interface UploadHeaders {
  readonly conditions?: { readonly ifMatch?: string; readonly ifNoneMatch?: string };
  readonly abortSignal?: AbortSignal;
  readonly blobHTTPHeaders: { readonly blobContentType: string; readonly blobContentMD5: Uint8Array };
  readonly metadata: Record<string, string>;
}

export async function uploadBlocks(
  blob: UploadTarget,
  source: BlockSource,
  options: BlockUploadOptions,
  memory: BlockMemory = sharedMemory,
): Promise<UploadedBlocks> {
  options.signal?.throwIfAborted();
  if (source.length > options.singlePutSize) return stageAndCommit(blob, source, options, memory);
  try {
    return await putWhole(blob, source, options, memory);
  } catch (error) {
    // Where an upload in blocks was interrupted, storage may say that a blob stands there, though nobody can read one (Azurite does).
    if (statusOf(error) !== 409 || options.conditions?.ifNoneMatch !== '*') throw error;
    if ((await uncommitted(blob, options.signal)).size === 0) throw error;
    const { blockMd5s: _ofOtherBlocks, ...asOneBlock } = options;
    return stageAndCommit(blob, source, { ...asOneBlock, blockSize: Math.max(source.length, 1) }, memory);
  }
}

async function putWhole(
  blob: UploadTarget,
  source: BlockSource,
  options: BlockUploadOptions,
  memory: BlockMemory,
): Promise<UploadedBlocks> {
  const { length } = source;
  const held = await memory.take(length, undefined, options.signal);
  try {
    const bytes = held.subarray(0, length);
    if (length > 0) await source.read(bytes, 0);
    await options.gate?.(length, options.signal);
    const md5 = typeof options.md5 === 'function' ? await options.md5() : options.md5;
    options.check?.();
    const answer = await blob.upload(bytes, length, {
      ...abortable(options),
      ...headersOf(options, md5),
      // The service refuses the body when it is not what was hashed.
      transactionalContentMD5: md5,
    });
    const computed = answer.contentMD5;
    options.onBlock?.('', length, false);
    return {
      etag: answer.etag ?? '',
      sentBytes: length,
      blockIds: [],
      md5,
      md5ByService: computed !== undefined && Buffer.compare(computed, md5) === 0,
    };
  } finally {
    memory.give(held);
  }
}

async function stageAndCommit(
  blob: UploadTarget,
  source: BlockSource,
  options: BlockUploadOptions,
  memory: BlockMemory,
): Promise<UploadedBlocks> {
  const plan = blockPlan(source.length, options.blockSize);
  const stop = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal;
  const left = options.staged ?? (await uncommitted(blob, options.signal));
  const ids = new Array<string>(plan.count);
  const turn = ++uploads;
  let next = 0;
  let sentBytes = 0;

  const lane = async (): Promise<void> => {
    try {
      while (next < plan.count && !signal.aborted) {
        const index = next++;
        const sent = await stage(blob, source, plan, index, { ...options, signal }, left, turn, memory);
        ids[index] = sent.id;
        sentBytes += sent.bytes;
      }
    } catch (error) {
      stop.abort(error);
      throw error;
    }
  };
  const lanes = Array.from({ length: Math.max(1, Math.min(options.concurrency, plan.count)) }, lane);
  const ended = await Promise.allSettled(lanes);
  options.signal?.throwIfAborted();
  if (stop.signal.aborted) throw stop.signal.reason as Error;
  const failed = ended.find((lane) => lane.status === 'rejected');
  if (failed) throw failed.reason as Error;

  const md5 = typeof options.md5 === 'function' ? await options.md5() : options.md5;
  options.check?.();
  const answer = await blob.commitBlockList(ids, { ...abortable(options), ...headersOf(options, md5) });
  return { etag: answer.etag ?? '', sentBytes, blockIds: ids, md5, md5ByService: false };
}

async function stage(
  blob: UploadTarget,
  source: BlockSource,
  plan: BlockPlan,
  index: number,
  options: BlockUploadOptions,
  left: ReadonlySet<string>,
  turn: number,
  memory: BlockMemory,
): Promise<{ readonly id: string; readonly bytes: number }> {
  const { offset, length } = blockRange(plan, index);
  const known = options.blockMd5s?.[index];
  if (known) {
    const id = blockId(index, known);
    if (left.has(id)) {
      options.onBlock?.(id, length, true);
      return { id, bytes: 0 };
    }
  }
  const held = await memory.take(length, turn, options.signal);
  try {
    const bytes = held.subarray(0, length);
    await source.read(bytes, offset);
    const md5 = known ?? createHash('md5').update(bytes).digest();
    const id = blockId(index, md5);
    if (left.has(id)) {
      options.onBlock?.(id, length, true);
      return { id, bytes: 0 };
    }
    await options.gate?.(length, options.signal);
    options.check?.();
    await blob.stageBlock(id, bytes, length, { ...abortable(options), transactionalContentMD5: md5 });
    options.onBlock?.(id, length, false);
    return { id, bytes: length };
  } finally {
    memory.give(held);
  }
}

/** Ids of blocks that are staged and not committed; none where nothing stands. */
async function uncommitted(blob: UploadTarget, signal: AbortSignal | undefined): Promise<ReadonlySet<string>> {
  try {
    const list = await blob.getBlockList('uncommitted', signal ? { abortSignal: signal } : {});
    return new Set((list.uncommittedBlocks ?? []).map((block) => block.name));
  } catch (error) {
    if (statusOf(error) === 404) return new Set();
    throw error;
  }
}

function abortable({ signal }: BlockUploadOptions): { abortSignal?: AbortSignal } {
  return signal ? { abortSignal: signal } : {};
}

function headersOf({ contentType, metadata, conditions }: BlockUploadOptions, md5: Uint8Array): UploadHeaders {
  return {
    blobHTTPHeaders: { blobContentType: contentType, blobContentMD5: md5 },
    metadata: { ...metadata },
    ...(conditions ? { conditions } : {}),
  };
}
