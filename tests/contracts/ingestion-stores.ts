import type { WorkingBlobs } from '../../src/ports/working-blobs';

let counter = 0;
const unique = (): string => `${process.pid}-${++counter}/ü`;

/** What every {@link WorkingBlobs} must do. */
export function workingBlobsContract(name: string, make: () => WorkingBlobs): void {
  describe(`${name} as WorkingBlobs`, () => {
    it('keeps the latest of what was put, whole and in parts', async () => {
      const working = make();
      const blob = unique();
      expect(await working.read(blob)).toBeUndefined();
      expect(await working.read(blob, { from: 1, length: 2 })).toBeUndefined();
      await working.put(blob, Buffer.from('first'));
      await working.put(blob, Buffer.from('0123456789'));
      expect(Buffer.from((await working.read(blob))!).toString()).toBe('0123456789');
      expect(Buffer.from((await working.read(blob, { from: 3, length: 4 }))!).toString()).toBe('3456');
      expect(Buffer.from((await working.read(blob, { from: 0, length: 0 }))!)).toHaveLength(0);
    });

    it('removes what is there, and says nothing of what is not', async () => {
      const working = make();
      const blob = unique();
      await working.put(blob, Buffer.from('x'));
      await working.remove(blob);
      await working.remove(blob);
      expect(await working.read(blob)).toBeUndefined();
    });
  });
}
