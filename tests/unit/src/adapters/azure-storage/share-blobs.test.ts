/** A blob that stands there already: taken for done when it proves itself, replaced when it does not, and only by whoever may. */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createBlockMemory } from '../../../../../src/adapters/azure-storage/block-memory';
import { createShareBlobs, type ShareBlobsOptions } from '../../../../../src/adapters/azure-storage/share-blobs';
import type { ShareBlob } from '../../../../../src/adapters/azure-storage/share-blob';
import type { Permit } from '../../../../../src/ports/share-blobs';
import type { StagedFile } from '../../../../../src/ports/share-files';
import { failure, MemoryContainer } from '../../../../fakes/memory-container';

const BLOCK = 64 * 1024;
const PATH = '20260102/s/file';
const stagingRoot = fs.mkdtempSync(path.join(os.tmpdir(), 'sluice-staged-'));
afterAll(() => fs.rmSync(stagingRoot, { recursive: true, force: true }));

const bytes = Buffer.concat([1, 2, 3].map((of) => Buffer.alloc(of === 3 ? 100 : BLOCK, of)));
const md5 = (of: Buffer): Buffer => createHash('md5').update(of).digest();
const staged: StagedFile = {
  kind: 'staged',
  state: { ino: '1', size: bytes.length, mtimeNs: '0', ctimeNs: '0' },
  md5: md5(bytes).toString('hex'),
  blockMd5s: [0, 1, 2].map((i) => md5(bytes.subarray(i * BLOCK, (i + 1) * BLOCK)).toString('hex')),
  blockSize: BLOCK,
};
fs.mkdirSync(path.dirname(path.join(stagingRoot, PATH)), { recursive: true });
fs.writeFileSync(path.join(stagingRoot, PATH), bytes);

let container: MemoryContainer;
function store(verify: 'blocks' | 'read', over: Partial<ShareBlobsOptions> = {}, permit?: Permit) {
  const blobs = createShareBlobs(
    { blob: async (name) => container.client().getBlockBlobClient(name) },
    { stagingRoot, verify, blockSize: BLOCK, singlePutSize: 0, concurrency: 2, memory: createBlockMemory(), ...over },
  );
  return blobs.store({ path: PATH, name: PATH, staged }, undefined, permit);
}

beforeEach(async () => {
  container = new MemoryContainer();
  expect(await store('blocks')).toMatchObject({ kind: 'stored', sentBytes: bytes.length });
});

it.each(['blocks', 'read'] as const)('is not sent again when it proves itself (%s)', async (verify) => {
  expect(await store(verify)).toMatchObject({ kind: 'stored', sentBytes: 0 });
});

it('is sent again when its MD5 was cleared, as happens when somebody sets another property', async () => {
  container.blobs.set(PATH, { ...container.blobs.get(PATH)!, md5: Buffer.alloc(0) });
  expect(await store('blocks')).toMatchObject({ kind: 'stored', sentBytes: bytes.length });
  expect(container.blobs.get(PATH)).toMatchObject({ bytes, md5: md5(bytes) });
});

it('is sent again when what is read back is not the file', async () => {
  container.blobs.set(PATH, { ...container.blobs.get(PATH)!, bytes: Buffer.alloc(bytes.length, 9) });
  expect(await store('read')).toMatchObject({ kind: 'stored', sentBytes: bytes.length });
  expect(container.blobs.get(PATH)).toMatchObject({ bytes, md5: md5(bytes) });
});

describe.each([
  ['in one request', bytes.length],
  ['in blocks', 0],
])('%s', (_how, singlePutSize) => {
  const other = Buffer.from('what another run brought');
  const putOther = (name: string): unknown =>
    container
      .client()
      .getBlockBlobClient(name)
      .upload(other, other.length, { transactionalContentMD5: md5(other) });
  /** What was asked of storage since the blob was put there. */
  let asked: string[];
  let lost: boolean;
  const permit: Permit = {
    signal: new AbortController().signal,
    check() {
      if (lost) throw new Error('lost');
    },
  };
  beforeEach(() => {
    [asked, lost] = [[], false];
    container.blobs.clear();
    container.around = (when, request) => void (when === 'before' && asked.push(request));
  });
  const changes = (): string[] => asked.filter((request) => !request.startsWith('get'));

  it('replaces what stood there before', async () => {
    await putOther(PATH);
    expect(await store('blocks', { singlePutSize }, permit)).toMatchObject({ kind: 'stored' });
    expect(container.blobs.get(PATH)!.bytes.equals(bytes)).toBe(true);
  });

  it('sends nothing when the permit was lost while it waited for the bandwidth', async () => {
    const gate = async (): Promise<void> => {
      await Promise.resolve();
      lost = true;
    };
    await expect(store('blocks', { singlePutSize, gate }, permit)).rejects.toThrow('lost');
    expect(changes()).toEqual([]);
  });

  it('never writes over what came after the permit was lost, though its request was under way', async () => {
    let arrived = false;
    container.around = (when, request) => {
      if (arrived || when !== 'before' || !['upload', 'commitBlockList'].includes(request)) return;
      [arrived, lost] = [true, true];
      container.blobs.set(PATH, { bytes: other, md5: md5(other), blocks: [], etag: '"newer"' });
    };
    await expect(store('blocks', { singlePutSize }, permit)).rejects.toThrow('lost');
    expect([arrived, container.blobs.get(PATH)!.bytes.toString()]).toEqual([true, other.toString()]);
  });

  it('knows its own blob again when the answer to the first request was lost', async () => {
    let cut = false;
    container.around = (when, request) => {
      if (cut || when !== 'after' || !['upload', 'commitBlockList'].includes(request)) return;
      cut = true;
      throw failure(409, 'BlobAlreadyExists');
    };
    expect(await store('blocks', { singlePutSize }, permit)).toMatchObject({ kind: 'stored' });
    expect(container.blobs.get(PATH)!.bytes.equals(bytes)).toBe(true);
  });
});

it('has its source in the metadata, unless that is too long for a header', async () => {
  const seen: (string | undefined)[] = [];
  const blob = {
    upload: (...[, , options]: Parameters<ShareBlob['upload']>) => {
      seen.push(options.metadata['sluice_source']);
      return Promise.reject(new Error('seen'));
    },
  } as unknown as ShareBlob;
  const memory = createBlockMemory();
  const tuning = { verify: 'blocks', blockSize: BLOCK, singlePutSize: 1_000_000, concurrency: 1, memory } as const;
  const blobs = createShareBlobs({ blob: async () => blob }, { stagingRoot, ...tuning });
  const deep = `20260102/s/${Array.from({ length: 12 }, () => '漢'.repeat(80)).join('/')}`;
  fs.mkdirSync(path.dirname(path.join(stagingRoot, deep)), { recursive: true });
  fs.copyFileSync(path.join(stagingRoot, PATH), path.join(stagingRoot, deep));
  for (const source of [PATH, deep])
    await expect(blobs.store({ path: source, name: source, staged })).rejects.toThrow('seen');
  expect(seen).toEqual([encodeURIComponent(PATH), undefined]);
});
