/** A copy is staged only when it is durable and its source stood still; everything else leaves nothing behind. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { FileCopy, type Sealed } from '../../../../../src/adapters/share/file-copy';
import { realDisk, type ShareDisk } from '../../../../../src/adapters/share/share-disk';
import type { Failed } from '../../../../../src/ports/share-files';

const FILE = '20260102/s/file';
const root = fs.mkdtempSync(path.join(os.tmpdir(), 'sluice-copy-'));
const at = (name: string): string => path.join(root, name);
const roots = { incoming: at('i'), processing: at('p'), failed: at('f'), staging: at('s') };
const source = path.join(roots.processing, FILE);
const staged = path.join(roots.staging, FILE);
const piece = Buffer.alloc(1024);

beforeEach(() => {
  fs.mkdirSync(path.dirname(source), { recursive: true });
  fs.writeFileSync(source, Buffer.alloc(3000, 7));
});
afterAll(() => fs.rmSync(root, { recursive: true, force: true }));

/** Copies the file on a disk with some calls replaced; `between` runs after the first piece. */
async function copied(over: Partial<ShareDisk> = {}, between: () => void = () => undefined): Promise<Sealed | Failed> {
  const copy = FileCopy.open({ ...realDisk, ...over }, roots, FILE);
  if (!(copy instanceof FileCopy)) throw new Error('it did not open');
  copy.piece(piece);
  between();
  while (copy.piece(piece) === piece.length);
  return copy.seal();
}

function error(code: string): Error {
  return Object.assign(new Error(code), { code });
}

it('is staged, byte for byte, once it is on disk', async () => {
  const calls: string[] = [];
  const flush = async (fd: number): Promise<void> => {
    await realDisk.flush(fd);
    calls.push('flushed');
  };
  const sealed = copied({ flush }).then((outcome) => (calls.push('sealed'), outcome));
  expect(await sealed).toEqual({ kind: 'staged' });
  expect(calls).toEqual(['flushed', 'sealed']);
  expect(fs.readFileSync(staged).equals(Buffer.alloc(3000, 7))).toBe(true);
});

it.each([
  ['grows', () => fs.appendFileSync(source, 'more')],
  ['shrinks', () => fs.truncateSync(source, 1500)],
  ['is written anew with the same length', () => fs.writeFileSync(source, Buffer.alloc(3000, 8))],
])('is not staged when its source %s meanwhile', async (_what, change) => {
  expect(await copied({}, change)).toEqual({ kind: 'changed' });
  expect(fs.existsSync(staged)).toBe(false);
});

it('is not staged when its source gives more than the server says it has', async () => {
  const stat = fs.statSync(source, { bigint: true });
  fs.appendFileSync(source, 'unseen');
  const fstatSync = (() => stat) as unknown as ShareDisk['fstatSync'];
  expect(await copied({ fstatSync })).toEqual({ kind: 'changed' });
});

it('copies no more than its source had, though a writer goes on and on', async () => {
  let written = 0;
  const writeSync = ((...args: Parameters<typeof fs.writeSync>) => {
    const bytes = fs.writeSync(...args);
    written += bytes;
    return bytes;
  }) as ShareDisk['writeSync'];
  expect(await copied({ writeSync }, () => fs.appendFileSync(source, Buffer.alloc(100_000)))).toEqual({
    kind: 'changed',
  });
  expect(written).toBeLessThanOrEqual(3000);
});

it('is not staged when its source is changed or gone by the time the copy is on disk', async () => {
  const during = (change: () => void) => async (fd: number) => {
    await realDisk.flush(fd);
    change();
  };
  expect(await copied({ flush: during(() => fs.appendFileSync(source, 'late')) })).toEqual({ kind: 'changed' });
  fs.writeFileSync(source, Buffer.alloc(3000, 7));
  expect(await copied({ flush: during(() => fs.unlinkSync(source)) })).toEqual({ kind: 'gone' });
  expect(fs.existsSync(staged)).toBe(false);
});

it.each(['ENOSPC', 'EIO'])(
  'fails for good when the disk loses a write (%s), if only it says so early',
  async (code) => {
    fs.truncateSync(source, 40 * 1024 * 1024);
    let flushes = 0;
    // A disk tells of a lost write once; the next fsync succeeds.
    const flush = async (): Promise<void> => {
      if (++flushes === 1) throw error(code);
    };
    const large = Buffer.alloc(1024 * 1024);
    const copy = FileCopy.open({ ...realDisk, flush }, roots, FILE) as FileCopy;
    while (copy.piece(large) === large.length) await Promise.resolve();
    const failed = await copy.seal();
    expect(failed).toMatchObject({ kind: 'failed', code, staging: true });
    expect(failed).toMatchObject({ error: expect.stringContaining('APP_LOCAL_STAGING_ROOT') as string });
    expect(fs.existsSync(staged)).toBe(false);
  },
);

it('replaces what an earlier run left in its place, and never writes into it', async () => {
  fs.mkdirSync(path.dirname(staged), { recursive: true });
  fs.writeFileSync(staged, 'an earlier one');
  const earlier = fs.openSync(staged, 'r');
  expect(await copied()).toEqual({ kind: 'staged' });
  expect(fs.readFileSync(earlier, 'utf8')).toBe('an earlier one');
  fs.closeSync(earlier);
});

it('leaves no file descriptor open, whatever becomes of it', async () => {
  const open = (): number => fs.readdirSync('/proc/self/fd').length;
  const before = open();
  await copied();
  await copied({ flush: () => Promise.reject(error('EIO')) });
  await copied({}, () => fs.truncateSync(source, 10));
  expect(open()).toBe(before);
});
