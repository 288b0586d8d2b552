import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { BlobVersion } from '../../../../../local-host/storage/blob-watch/blob-version';
import { Ledger } from '../../../../../local-host/storage/blob-watch/ledger';
import { temporaryFolder } from '../../temporary-folder';

const folder = temporaryFolder();
let now = 1000;
let count = 0;
let file: string;
let ledger: Ledger;
const reopen = (): Ledger => {
  ledger.close();
  return (ledger = new Ledger(file, () => now));
};
const version = (blob: string): BlobVersion => ({
  ...{ container: 'raw', blob, etag: '0x1', lastModified: 1, createdOn: undefined, contentLength: 1 },
  ...{ contentType: 't', contentMd5: undefined, blobType: 'BlockBlob' },
});

beforeEach(() => {
  now = 1000;
  file = join(folder, `${count++}.db`);
  ledger = new Ledger(file, () => now);
});
afterEach(() => ledger.close());

describe('the ledger', () => {
  test('remembers when a watcher first started, until its source is another', () => {
    expect(ledger.startedAt('w', 'account/raw')).toBe(1000);
    ledger.transaction(() => ledger.see('w', version('a'), false));
    now = 2000;
    expect(reopen().startedAt('w', 'account/raw')).toBe(1000);
    expect(ledger.seen('w', 'a')).toBeDefined();
    expect(ledger.startedAt('w', 'account/other')).toBe(2000);
    expect(ledger.seen('w', 'a')).toBeUndefined();
  });

  test('keeps what waits, in order, until it was delivered', () => {
    ledger.transaction(() => {
      ledger.enqueue('w', (sequence) => `a${sequence}`);
      ledger.enqueue('w', (sequence) => `b${sequence}`);
      ledger.enqueue('other', () => 'c');
    });
    const [first] = ledger.waiting('w', 1);
    expect(first).toEqual({ sequence: 1_000_000, watcher: 'w', text: 'a1000000' });
    ledger.delivered(1_000_000);
    expect(reopen().waiting('w', 10)).toEqual([{ sequence: 1_000_001, watcher: 'w', text: 'b1000001' }]);
  });

  test('never gives a sequence twice, though the clock goes back, all was delivered, or the file was lost', () => {
    ledger.enqueue('w', () => '');
    ledger.delivered(1_000_000);
    now = 500;
    reopen().enqueue('w', () => '');
    expect(ledger.waiting('w', 1)[0]?.sequence).toBe(1_000_001);
    now = 3000;
    const fresh = new Ledger(`${file}.fresh`, () => now);
    fresh.enqueue('w', () => '');
    expect(fresh.waiting('w', 1)[0]?.sequence).toBe(3_000_000);
    fresh.close();
  });

  test('takes back everything of a transaction that failed', () => {
    expect(() =>
      ledger.transaction(() => {
        ledger.see('w', version('a'), false);
        ledger.enqueue('w', () => 'a');
        throw new Error('crash');
      }),
    ).toThrow('crash');
    expect(ledger.seen('w', 'a')).toBeUndefined();
    expect(ledger.waiting('w', 1)).toEqual([]);
  });

  test('lists seen names in ranges', () => {
    ledger.transaction(() => {
      for (const blob of ['a', 'b', 'c', 'd']) ledger.see('w', version(blob), false);
    });
    expect(ledger.seenBetween('w', '', 'b', 10)).toEqual(['a', 'b']);
    expect(ledger.seenBetween('w', 'b', undefined, 10)).toEqual(['c', 'd']);
    ledger.forget('w', 'c');
    expect(ledger.seenBetween('w', 'b', undefined, 10)).toEqual(['d']);
  });

  test('remembers how far the log was read and how long the last listing took', () => {
    ledger.startedAt('w', 'account/raw');
    ledger.saveLogPosition('url', { inode: '7', offset: 12 });
    ledger.saveListing('w', 34);
    expect(reopen().logPosition('url')).toEqual({ inode: '7', offset: 12 });
    expect(ledger.listingMs('w')).toBe(34);
    ledger.saveListing('w', undefined);
    expect(ledger.listingMs('w')).toBeUndefined();
  });

  test('of a newer version is refused', () => {
    const db = new DatabaseSync(`${file}.newer`);
    db.exec('PRAGMA user_version = 99');
    db.close();
    expect(() => new Ledger(`${file}.newer`, () => now)).toThrow('newer version (99)');
  });
});
