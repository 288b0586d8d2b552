import { createHash, randomBytes } from 'node:crypto';
import { createMd5 } from '../../../../src/adapters/hashing/md5';

const shared = (bytes: Buffer): Uint8Array => {
  const memory = new Uint8Array(new SharedArrayBuffer(bytes.length + 10));
  memory.set(bytes, 10);
  return memory.subarray(10);
};

it.each([true, false])('hashes blocks in order (large: %s)', async (large) => {
  const begin = createMd5();
  const blocks = Array.from({ length: 20 }, (_, i) => randomBytes(1000 * i));
  const hash = begin(large);
  await Promise.all(blocks.map((block) => hash.update(shared(block))));
  expect(Buffer.from(await hash.digest()).toString('hex')).toBe(
    createHash('md5').update(Buffer.concat(blocks)).digest('hex'),
  );
});

it('keeps many at once apart, and lets go of some', async () => {
  const begin = createMd5();
  const digests = await Promise.all(
    Array.from({ length: 50 }, async (_, i) => {
      const hash = begin(true);
      await hash.update(shared(Buffer.from(`file ${i}`)));
      if (i % 5 === 0) {
        hash.abandon();
        hash.abandon();
        return undefined;
      }
      return Buffer.from(await hash.digest()).toString('hex');
    }),
  );
  digests.forEach((digest, i) =>
    expect(digest).toBe(i % 5 === 0 ? undefined : createHash('md5').update(`file ${i}`).digest('hex')),
  );
});
