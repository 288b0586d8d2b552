import { createHash } from 'node:crypto';
import type { BlobRef, BlobStore, BytePart, HashResult } from '../../src/ports/blob-store';

export interface BlobStoreFixture {
  readonly store: BlobStore;
  /** Puts a blob by other means and gives its ETag. */
  put(ref: BlobRef, content: string): Promise<string>;
  remove(ref: BlobRef): Promise<void>;
  text(ref: BlobRef): Promise<string | undefined>;
}

/** What every {@link BlobStore} must do; run against each implementation. */
export function blobStoreContract(name: string, make: () => BlobStoreFixture): void {
  describe(`${name} as a BlobStore`, () => {
    let counter = 0;
    const ref = (container = 'rawfiles'): BlobRef => ({ container, name: `dir/ü ${++counter}.png` });
    const options = (text: string) => ({
      contentType: 'image/png',
      metadata: { traceparent: 'x' },
      md5: createHash('md5').update(text).digest(),
    });

    it('describes a blob, and nothing where there is none', async () => {
      const { store, put } = make();
      const at = ref();
      expect(await store.describe(at)).toBeUndefined();
      const etag = await put(at, 'water');
      expect(await store.describe(at)).toMatchObject({ etag, length: 5 });
    });

    it('shows an upload only once it is committed, whole and in order', async () => {
      const { store, text } = make();
      const at = ref();
      const upload = store.beginUpload(at);
      upload.write(Buffer.from('a'));
      upload.write(Buffer.from('b'));
      expect(await text(at)).toBeUndefined();
      const { etag } = await upload.commit(options('ab'));
      expect(await text(at)).toBe('ab');
      expect(await store.describe(at)).toMatchObject({
        etag,
        length: 2,
        contentType: 'image/png',
        metadata: { traceparent: 'x' },
      });
    });

    it('changes the type of a version, and nothing else of it', async () => {
      const { store, put, text, remove } = make();
      const at = ref();
      const upload = store.beginUpload(at);
      upload.write(Buffer.from('ab'));
      const { etag } = await upload.commit({ ...options('ab'), contentType: 'a/b' });
      const set = await store.setContentType({ ...at, ifMatch: etag }, 'image/png');
      const now = await store.describe(at);
      expect(now).toMatchObject({ contentType: 'image/png', length: 2, metadata: { traceparent: 'x' } });
      expect(set).toEqual({ kind: 'set', etag: now!.etag });
      expect([now!.etag === etag, await text(at)]).toEqual([false, 'ab']);
      expect(await store.setContentType({ ...at, ifMatch: etag }, 'c/d')).toEqual({ kind: 'changed' });
      await put(at, 'other');
      await remove(at);
      expect(await store.setContentType({ ...at, ifMatch: etag }, 'c/d')).toEqual({ kind: 'gone' });
    });

    it('keeps many blocks in order, through memory that is used again', async () => {
      const { store, text } = make();
      const at = ref();
      const upload = store.beginUpload(at);
      for (let i = 0; i < 30; i++) {
        const block = await upload.nextBlock(3);
        block.set(Buffer.from(`${String(i).padStart(2, '0')},`));
        upload.write(block);
      }
      const last = await upload.nextBlock(3);
      last.set(Buffer.from('e'));
      upload.write(last.subarray(0, 1));
      const expected = Array.from({ length: 30 }, (_, i) => `${String(i).padStart(2, '0')},`).join('') + 'e';
      await upload.commit(options(expected));
      expect(await text(at)).toBe(expected);
    });

    it('leaves nothing of an abandoned upload and takes nothing more for it', async () => {
      const { store, text } = make();
      const at = ref();
      const upload = store.beginUpload(at);
      upload.write(Buffer.from('a'));
      upload.abandon();
      upload.abandon();
      await expect(upload.nextBlock(4)).rejects.toThrow();
      await expect(upload.commit(options('a'))).rejects.toThrow();
      expect(await text(at)).toBeUndefined();
    });

    it('does not overwrite what another upload committed first', async () => {
      const { store, text } = make();
      const at = ref();
      const [first, second] = [store.beginUpload(at), store.beginUpload(at)];
      first.write(Buffer.from('first'));
      second.write(Buffer.from('second'));
      await first.commit(options('first'));
      await expect(second.commit(options('second'))).rejects.toThrow();
      expect(await text(at)).toBe('first');
    });

    it('copies exactly the version that was asked for', async () => {
      const { store, put, text } = make();
      const [from, to] = [ref(), ref('processed')];
      const old = await put(from, 'old');
      const current = await put(from, 'new');
      expect(await store.startCopy({ ...from, ifMatch: old }, { ...to, expects: 'nothing' }, {})).toEqual({
        kind: 'source-changed',
      });
      const started = await store.startCopy(
        { ...from, ifMatch: current },
        { ...to, expects: 'nothing' },
        { sluice_x: '1' },
      );
      expect(started).toMatchObject({ kind: 'started', status: 'success' });
      expect(await text(to)).toBe('new');
      const described = await store.describe(to);
      expect(described).toMatchObject({ metadata: { sluice_x: '1' }, copy: { status: 'success' } });
      if (started.kind === 'started') expect(described?.etag).toBe(started.etag);
    });

    it('copies only over what was expected to stand there', async () => {
      const { store, put, text } = make();
      const [from, to] = [ref(), ref('processed')];
      const ifMatch = await put(from, 'new');
      const standing = await put(to, 'standing');
      expect(await store.startCopy({ ...from, ifMatch }, { ...to, expects: 'nothing' }, {})).toEqual({
        kind: 'destination-changed',
      });
      expect(await store.startCopy({ ...from, ifMatch }, { ...to, expects: { etag: '"0x1"' } }, {})).toEqual({
        kind: 'destination-changed',
      });
      expect(await text(to)).toBe('standing');
      expect(await store.startCopy({ ...from, ifMatch }, { ...to, expects: { etag: standing } }, {})).toMatchObject({
        kind: 'started',
      });
      expect(await text(to)).toBe('new');
    });

    it('says when the source of a copy is gone', async () => {
      const { store, put, remove } = make();
      const from = ref();
      const ifMatch = await put(from, 'x');
      await remove(from);
      expect(await store.startCopy({ ...from, ifMatch }, { ...ref('processed'), expects: 'nothing' }, {})).toEqual({
        kind: 'source-gone',
      });
    });

    it('refuses names that a URL would fold into others', async () => {
      const { store } = make();
      await expect(async () => store.describe({ container: 'rawfiles', name: '../processed/x' })).rejects.toThrow();
    });

    it('reads a part of one version', async () => {
      const { store, put, remove } = make();
      const at = ref();
      const old = await put(at, 'old');
      const current = await put(at, 'water');
      const read = async (ifMatch: string, from: number, length: number) => {
        const result = await store.read({ ...at, ifMatch }, { from, length });
        return result.kind === 'read' ? Buffer.from(result.bytes).toString() : result.kind;
      };
      expect(await read(current, 1, 3)).toBe('ate');
      expect(await read(current, 3, 100)).toBe('er');
      expect(await read(current, 5, 100)).toBe('');
      expect(await read(old, 0, 3)).toBe('changed');
      await remove(at);
      expect(await read(current, 0, 3)).toBe('gone');
    });

    it('hashes the bytes of one version', async () => {
      const { store, put, remove } = make();
      const at = ref();
      const old = await put(at, 'old');
      const current = await put(at, 'water');
      const hashed = async (ifMatch: string, part?: BytePart) => {
        const { facts, ...rest } = (await store.hash({ ...at, ifMatch }, part)) as HashResult & { kind: 'hashed' };
        // Of the whole version, whatever part was hashed.
        expect(facts).toEqual(await store.describe(at));
        return rest;
      };
      const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
      expect(await hashed(current)).toEqual({ kind: 'hashed', sha256: sha256('water'), length: 5 });
      const part = { from: 3, length: 100 };
      expect(await hashed(current, part)).toEqual({ kind: 'hashed', sha256: sha256('er'), length: 2 });
      const nothing = { kind: 'hashed', sha256: sha256(''), length: 0 };
      expect(await hashed(current, { from: 5, length: 100 })).toEqual(nothing);
      const empty = await put(at, '');
      expect(await hashed(empty, { from: 0, length: 100 })).toEqual(nothing);
      const last = await put(at, 'water');
      expect(await store.hash({ ...at, ifMatch: old })).toEqual({ kind: 'changed' });
      await remove(at);
      expect(await store.hash({ ...at, ifMatch: last })).toEqual({ kind: 'gone' });
    });

    it('hashes no further when it is told to stop', async () => {
      const { store, put } = make();
      const at = ref();
      const ifMatch = await put(at, 'water');
      await expect(store.hash({ ...at, ifMatch }, undefined, AbortSignal.abort())).rejects.toThrow(/abort/i);
    });

    it('deletes one version, and no other', async () => {
      const { store, put, text } = make();
      const at = ref();
      const old = await put(at, 'old');
      const current = await put(at, 'new');
      expect(await store.remove({ ...at, ifMatch: old })).toBe('changed');
      expect(await text(at)).toBe('new');
      expect(await store.remove({ ...at, ifMatch: current })).toBe('removed');
      expect(await text(at)).toBeUndefined();
      expect(await store.remove({ ...at, ifMatch: current })).toBe('gone');
    });
  });
}
