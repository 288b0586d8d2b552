/**
 * Staged files to blobs, proven. What counts as proof (C7): every byte went up under an MD5 taken when it was read from the
 * share, which the service compared with what it received; and what the service then shows — length, MD5 of the whole, and the
 * list of committed blocks, whose ids are made of those hashes — is this file. With `read` the blob is read back besides.
 */
import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { blockId } from '../../domain/blocks/block-plan';
import type { BlockSource, BlockUploadOptions, BlockUploadTuning, ByteGate } from '../../ports/block-upload';
import type { Permit, ShareBlobs, StoreOutcome } from '../../ports/share-blobs';
import type { StagedFile } from '../../ports/share-files';
import type { BlockMemory } from './block-memory';
import type { ShareAccount } from './share-account';
import type { ShareBlob } from './share-blob';
import { uploadBlocks } from './staged-blocks';
import { codeOf, statusOf } from './storage-errors';

export interface ShareBlobsOptions extends BlockUploadTuning {
  readonly stagingRoot: string;
  readonly verify: 'blocks' | 'read';
  readonly gate?: ByteGate;
  /** Shared by all uploads, and bounds what they hold together. */
  readonly memory: BlockMemory;
}

/** Of the 8 KiB that a blob may have; the encoded name in the request's first line takes as much again. */
const LONGEST_METADATA = 4 * 1024;
/** A staged copy of up to this many bytes was written a moment ago and is read from memory, sooner than a thread is asked. */
const READ_AT_ONCE = 256 * 1024;

export function createShareBlobs(account: Pick<ShareAccount, 'blob'>, options: ShareBlobsOptions): ShareBlobs {
  return {
    async store(file, onSent, permit) {
      const signal = permit?.signal;
      const blob = await account.blob(file.name);
      const { state, md5 } = file.staged;
      const whole = Buffer.from(md5, 'hex');
      const single = state.size <= options.singlePutSize;
      const ids = file.staged.blockMd5s.map((hash, index) => blockId(index, Buffer.from(hash, 'hex')));
      // A small file is sent again sooner than its blob is asked for.
      if (!single && (await holds(blob, file.staged, ids, signal))) {
        const shown = await proven(blob, file.staged, ids, '', 0, options.verify, signal);
        // What does not prove itself is sent again: its MD5 was cleared with another property, or its bytes decayed.
        if (shown.kind === 'stored') {
          onSent?.(state.size);
          return shown;
        }
      }
      let [sentBytes, told] = [0, 0];
      const onBlock = (_id: string, bytes: number, reused: boolean): void => {
        if (!reused) sentBytes += bytes;
        // A second round finds the blocks of the first.
        const untold = Math.min(bytes, state.size - told);
        told += untold;
        onSent?.(untold);
      };
      const source = await stagedSource(path.join(options.stagingRoot, file.path), state.size);
      try {
        const send = (conditions: Conditions) =>
          uploadBlocks(
            blob,
            source,
            {
              ...options,
              conditions,
              blockSize: file.staged.blockSize,
              contentType: 'application/octet-stream',
              metadata: metadataOf(file.path),
              md5: whole,
              blockMd5s: ids.length > 0 ? file.staged.blockMd5s.map((hash) => Buffer.from(hash, 'hex')) : [whole],
              onBlock,
              ...(permit ? { signal: permit.signal, check: () => permit.check() } : {}),
            },
            options.memory,
          );
        const done = await overwriting(blob, send, permit);
        if (done.md5ByService && options.verify === 'blocks') return { kind: 'stored', etag: done.etag, sentBytes };
        return await proven(blob, file.staged, done.blockIds, done.etag, sentBytes, options.verify, signal);
      } finally {
        await source.close();
      }
    },
  };
}

type Conditions = NonNullable<BlockUploadOptions['conditions']>;

const MOST_ROUNDS = 3;

/**
 * Writes over whatever stands there, but never over what came since the permit was checked: at first nothing may stand there;
 * what does is looked at, then the permit is checked, then exactly that is replaced. An answer that was lost leads here, too.
 */
async function overwriting<T>(
  blob: ShareBlob,
  send: (conditions: Conditions) => Promise<T>,
  permit: Permit | undefined,
): Promise<T> {
  let conditions: Conditions = { ifNoneMatch: '*' };
  for (let round = 1; ; round++) {
    try {
      return await send(conditions);
    } catch (error) {
      if (round === MOST_ROUNDS || !IN_THE_WAY.has(codeOf(error))) throw error;
    }
    const ifMatch = await etagOf(blob, permit?.signal);
    // From here to the commit the permit is checked once more (staged-blocks.ts): nobody else may have written since this look.
    conditions = ifMatch === undefined ? { ifNoneMatch: '*' } : { ifMatch };
  }
}

/** What storage says of a blob that stands, or stands no more, as the condition wants it. */
const IN_THE_WAY: ReadonlySet<string> = new Set(['BlobAlreadyExists', 'ConditionNotMet']);

async function etagOf(blob: ShareBlob, signal: AbortSignal | undefined): Promise<string | undefined> {
  try {
    return (await blob.getProperties(signal ? { abortSignal: signal } : {})).etag;
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw error;
  }
}

async function stagedSource(file: string, length: number): Promise<BlockSource & { close(): Promise<void> }> {
  if (length <= READ_AT_ONCE)
    return { length, read: async (into, offset) => readAtOnce(file, into, offset), close: async () => undefined };
  const handle = await open(file, 'r');
  return {
    length,
    async read(into, offset) {
      for (let at = 0; at < into.byteLength;) {
        const { bytesRead } = await handle.read(into, at, into.byteLength - at, offset + at);
        at += expectMore(bytesRead);
      }
    },
    close: () => handle.close(),
  };
}

function readAtOnce(file: string, into: Uint8Array, offset: number): void {
  const fd = openSync(file, 'r');
  try {
    for (let at = 0; at < into.byteLength;) at += expectMore(readSync(fd, into, at, into.byteLength - at, offset + at));
  } finally {
    closeSync(fd);
  }
}

function expectMore(bytesRead: number): number {
  if (bytesRead === 0) throw new Error('The staged copy ended early: it was changed after it was made.');
  return bytesRead;
}

/**
 * Where the file came from, for those who find the blob. Percent-encoded, since metadata is ASCII; a path too long for a header
 * is told by the blob's name alone.
 */
function metadataOf(relative: string): Record<string, string> {
  const source = encodeURIComponent(relative);
  return source.length <= LONGEST_METADATA ? { sluice_source: source } : {};
}

/** A blob of exactly these blocks stands there already: an earlier run ended between commit and clean-up. */
async function holds(
  blob: ShareBlob,
  staged: StagedFile,
  ids: readonly string[],
  signal: AbortSignal | undefined,
): Promise<boolean> {
  if (ids.length === 0) return false;
  try {
    const list = await blob.getBlockList('committed', signal ? { abortSignal: signal } : {});
    const committed = list.committedBlocks ?? [];
    return (
      committed.length === ids.length &&
      committed.every((block, i) => block.name === ids[i]) &&
      list.blobContentLength === staged.state.size
    );
  } catch (error) {
    if (statusOf(error) === 404) return false;
    throw error;
  }
}

async function proven(
  blob: ShareBlob,
  staged: StagedFile,
  ids: readonly string[],
  expectedEtag: string,
  sentBytes: number,
  verify: 'blocks' | 'read',
  signal: AbortSignal | undefined,
): Promise<StoreOutcome> {
  const abortable = signal ? { abortSignal: signal } : {};
  const shown = await blob.getProperties(abortable);
  const etag = shown.etag ?? '';
  const mismatch = (reason: string): StoreOutcome => ({ kind: 'mismatch', reason });
  if (expectedEtag !== '' && etag !== expectedEtag) return mismatch('Somebody else wrote the blob meanwhile.');
  if (shown.contentLength !== staged.state.size)
    return mismatch(`The blob has ${shown.contentLength ?? 0} bytes, the file ${staged.state.size}.`);
  const md5 = shown.contentMD5 ? Buffer.from(shown.contentMD5).toString('hex') : 'none';
  if (md5 !== staged.md5) return mismatch(`The blob's MD5 is ${md5}, the file's ${staged.md5}.`);
  if (ids.length > 0) {
    const { committedBlocks = [] } = await blob.getBlockList('committed', abortable);
    const same = committedBlocks.length === ids.length && committedBlocks.every((block, i) => block.name === ids[i]);
    if (!same) return mismatch('The blob is not made of the blocks that were sent.');
  }
  if (verify === 'read') {
    const read = await readBack(blob, etag, abortable);
    if (read !== staged.md5) return mismatch(`The MD5 of the blob read back is ${read}, the file's ${staged.md5}.`);
  }
  return { kind: 'stored', etag, sentBytes };
}

async function readBack(blob: ShareBlob, etag: string, abortable: { abortSignal?: AbortSignal }): Promise<string> {
  const answer = await blob.download(0, undefined, {
    ...abortable,
    conditions: { ifMatch: etag },
    maxRetryRequests: 5,
  });
  const hash = createHash('md5');
  for await (const chunk of answer.readableStreamBody ?? []) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
