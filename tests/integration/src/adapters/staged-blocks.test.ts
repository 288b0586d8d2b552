/** The block engine against a real Azurite: resume, refusals, aborts, bounded memory. */
import { createHash, randomBytes } from 'node:crypto';
import type { BlockBlobClient } from '@azure/storage-blob';
import { createBlockMemory } from '../../../../src/adapters/azure-storage/block-memory';
import { uploadBlocks } from '../../../../src/adapters/azure-storage/staged-blocks';
import { blockId } from '../../../../src/domain/blocks/block-plan';
import type { BlockSource, BlockUploadOptions } from '../../../../src/ports/block-upload';
import { startStorage, type StorageUnderTest } from '../../../drivers/storage-under-test';

const KiB = 1024;
let storage: StorageUnderTest;
let counter = 0;
beforeAll(async () => {
  storage = await startStorage();
});
afterAll(() => storage.stop());

const md5 = (bytes: Uint8Array): Buffer => createHash('md5').update(bytes).digest();
const blob = (): BlockBlobClient =>
  storage.clients.blobs().getContainerClient('processed').getBlockBlobClient(`blocks/${++counter}`);

function source(bytes: Buffer): BlockSource {
  return {
    length: bytes.length,
    async read(into, offset) {
      into.set(bytes.subarray(offset, offset + into.byteLength));
    },
  };
}

function options(bytes: Buffer, over: Partial<BlockUploadOptions> = {}): BlockUploadOptions {
  return {
    blockSize: 64 * KiB,
    singlePutSize: 16 * KiB,
    concurrency: 4,
    contentType: 'text/plain',
    metadata: { sluice_x: '1' },
    md5: md5(bytes),
    ...over,
  };
}

it.each([0, 1, 16 * KiB, 16 * KiB + 1, 64 * KiB, 64 * KiB + 1, 1000 * KiB + 7])(
  'uploads %i bytes whole, with MD5, type and metadata',
  async (size) => {
    const bytes = randomBytes(size);
    const at = blob();
    const done = await uploadBlocks(at, source(bytes), options(bytes));
    const properties = await at.getProperties();
    expect(properties).toMatchObject({
      contentLength: size,
      contentType: 'text/plain',
      metadata: { sluice_x: '1' },
      etag: done.etag,
    });
    expect(Buffer.from(properties.contentMD5!)).toEqual(md5(bytes));
    expect(size === 0 || (await at.downloadToBuffer()).equals(bytes)).toBe(true);
    expect(done.sentBytes).toBe(size);
    expect(done.md5ByService).toBe(size <= 16 * KiB);
  },
);

it('overwrites what stands there, and shows nothing of it before the commit', async () => {
  const [old, next] = [randomBytes(200 * KiB), randomBytes(300 * KiB)];
  const at = blob();
  await uploadBlocks(at, source(old), options(old));
  const seen: boolean[] = [];
  await uploadBlocks(
    at,
    source(next),
    options(next, {
      md5: async () => {
        seen.push((await at.downloadToBuffer()).equals(old));
        return md5(next);
      },
    }),
  );
  expect(seen).toEqual([true]);
  expect((await at.downloadToBuffer()).equals(next)).toBe(true);
});

it('uses the blocks of an interrupted upload again, and only those with the same bytes', async () => {
  const bytes = randomBytes(640 * KiB);
  const at = blob();
  const stop = new AbortController();
  let sent = 0;
  const onBlock = (): void => {
    if (++sent === 4) stop.abort(new Error('cut off'));
  };
  await expect(
    uploadBlocks(at, source(bytes), options(bytes, { concurrency: 1, onBlock, signal: stop.signal })),
  ).rejects.toThrow('cut off');
  expect(await at.exists()).toBe(false);

  bytes[0] = bytes[0]! ^ 1;
  const reused: boolean[] = [];
  const done = await uploadBlocks(at, source(bytes), options(bytes, { onBlock: (_id, _n, was) => reused.push(was) }));
  expect(reused.filter(Boolean)).toHaveLength(3);
  expect(done.sentBytes).toBe(7 * 64 * KiB);
  expect((await at.downloadToBuffer()).equals(bytes)).toBe(true);
});

it.each([0, 1, 16 * KiB])(
  'puts %i bytes where an upload in blocks was interrupted, and never over a blob',
  async (size) => {
    const bytes = randomBytes(size);
    const at = blob();
    await at.stageBlock(blockId(0, md5(Buffer.from('left'))), 'left', 4);
    const once = options(bytes, { conditions: { ifNoneMatch: '*' }, blockSize: 4 * KiB, blockMd5s: [md5(bytes)] });
    const { etag } = await uploadBlocks(at, source(bytes), once);
    expect(await at.getProperties()).toMatchObject({ etag, contentLength: size });
    expect(size === 0 || (await at.downloadToBuffer()).equals(bytes)).toBe(true);
    await at.stageBlock(blockId(0, md5(Buffer.from('left'))), 'left', 4);
    await expect(uploadBlocks(at, source(bytes), once)).rejects.toMatchObject({ statusCode: 409 });
    expect((await at.getProperties()).etag).toBe(etag);
  },
);

it('is refused by the service when the bytes are not those that were hashed', async () => {
  const bytes = randomBytes(200 * KiB);
  const blockMd5s = [0, 1, 2, 3].map((i) => md5(bytes.subarray(i * 64 * KiB, (i + 1) * 64 * KiB)));
  const changed = Buffer.from(bytes);
  changed[100 * KiB] = changed[100 * KiB]! ^ 1;
  const at = blob();
  await expect(uploadBlocks(at, source(changed), options(bytes, { blockMd5s }))).rejects.toMatchObject({
    statusCode: 400,
  });
  expect(await at.exists()).toBe(false);
  const small = Buffer.from('small');
  await expect(
    uploadBlocks(at, source(Buffer.from('smell')), options(small, { md5: md5(small) })),
  ).rejects.toMatchObject({ statusCode: 400 });
  expect(await at.exists()).toBe(false);
});

it('holds no more blocks than may be on their way, and none afterwards', async () => {
  const bytes = randomBytes(1000 * KiB);
  const memory = createBlockMemory();
  let held = 0;
  let most = 0;
  const counting = {
    take(size: number) {
      most = Math.max(most, ++held);
      return memory.take(size);
    },
    give(given: Uint8Array) {
      held--;
      memory.give(given);
    },
  };
  await uploadBlocks(blob(), source(bytes), options(bytes, { concurrency: 3 }), counting);
  expect([most, held]).toEqual([3, 0]);
});

it('fails with what the source says, commits nothing, and leaves no request behind', async () => {
  const bytes = randomBytes(640 * KiB);
  const at = blob();
  const torn: BlockSource = {
    length: bytes.length,
    async read(into, offset) {
      if (offset >= 256 * KiB) throw new Error('the file ended early');
      into.set(bytes.subarray(offset, offset + into.byteLength));
    },
  };
  await expect(uploadBlocks(at, torn, options(bytes))).rejects.toThrow('the file ended early');
  expect(await at.exists()).toBe(false);
});
