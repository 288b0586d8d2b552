import fc from 'fast-check';
import { blockId, blockPlan, blockRange, MOST_BLOCKS } from '../../../../../src/domain/blocks/block-plan';

it('covers every byte once, in no more blocks than a blob can hold', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 45 }), fc.integer({ min: 65_536, max: 2 ** 30 }), (length, size) => {
      const plan = blockPlan(length, size);
      expect(plan.count).toBeLessThanOrEqual(MOST_BLOCKS);
      expect(plan.blockSize).toBeGreaterThanOrEqual(size);
      if (length === 0) return void expect(plan.count).toBe(0);
      const last = blockRange(plan, plan.count - 1);
      expect(last.offset + last.length).toBe(length);
      expect(last.length).toBeGreaterThan(0);
      expect(blockRange(plan, 0).offset).toBe(0);
    }),
  );
});

it('gives ids of one length that tell index and bytes apart', () => {
  const ids = [0, 1, 49_999].flatMap((index) => [0, 255].map((fill) => blockId(index, new Uint8Array(16).fill(fill))));
  expect(new Set(ids).size).toBe(6);
  expect(new Set(ids.map((id) => id.length)).size).toBe(1);
  expect(Buffer.from(ids[0]!, 'base64').length).toBeLessThanOrEqual(64);
});
