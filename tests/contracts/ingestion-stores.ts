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

    it('lists what begins so, and when it was written', async () => {
      const working = make();
      const folder = unique();
      const names = ['a/text', 'a/text-plan', 'b/text', 'c', 'd'].map((name) => `${folder}/${name}`);
      const began = Date.now();
      for (const name of [...names, `${folder}-other`, unique()]) await working.put(name, Buffer.from(name));
      const listed = [];
      for await (const page of working.list(`${folder}/`)) listed.push(...page);
      expect(listed.map((blob) => blob.name)).toEqual(names);
      for (const { writtenAtMs } of listed) {
        // To the second.
        expect(writtenAtMs).toBeGreaterThan(began - 1_001);
        expect(writtenAtMs).toBeLessThanOrEqual(Date.now());
      }
    });

    it('removes a version that is listed, and none that was written since', async () => {
      const working = make();
      const [kept, gone, away] = [unique(), unique(), unique()] as const;
      const listed = async (name: string) => {
        await working.put(name, Buffer.from('x'));
        for await (const [blob] of working.list(name)) if (blob) return blob;
        throw new Error(`${name} is not listed`);
      };
      const old = await listed(kept);
      await working.put(kept, Buffer.from('y'));
      expect(await working.removeVersion(old)).toBe(false);
      expect(Buffer.from((await working.read(kept))!).toString()).toBe('y');
      expect(await working.removeVersion(await listed(gone))).toBe(true);
      expect(await working.read(gone)).toBeUndefined();
      const lost = await listed(away);
      await working.remove(away);
      expect(await working.removeVersion(lost)).toBe(false);
    });
  });
}
