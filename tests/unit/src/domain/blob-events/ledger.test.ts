import { ledgerKey, sortsBefore } from '../../../../../src/domain/blob-events/ledger-key';
import { decidePublication, NEVER, type LedgerRow } from '../../../../../src/domain/blob-events/publication';
import { SegmentCutter, type Segment } from '../../../../../src/domain/blob-events/segments';
import { SeededRandom } from '../../../../drivers/seeded-random';

const seed = Math.floor(Math.random() * 2 ** 31);
const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

describe('the key of a row', () => {
  it(`sorts as the bytes of the name do (seed ${seed})`, () => {
    const random = new SeededRandom(seed);
    const letters = Array.from('ab09AZ/-._ !~%\u0001\u007füß日😀$:');
    const name = (): string =>
      Array.from(
        { length: 1 + Math.floor(random.next() * 6) },
        () => letters[Math.floor(random.next() * letters.length)],
      ).join('');
    const names = [...new Set(Array.from({ length: 3_000 }, name))].sort(byBytes);
    const keys = names.map(ledgerKey);
    expect(keys).toEqual([...keys].sort());
    expect(new Set(keys).size).toBe(names.length);
    for (let i = 1; i < names.length; i++) {
      const [a = '', b = ''] = names.slice(i - 1, i + 1);
      expect([sortsBefore(a, b), sortsBefore(b, a), sortsBefore(a, a)]).toEqual([true, false, false]);
    }
  });

  it('is one that tables take, for the longest and strangest names, and tells them apart', () => {
    const long = ['日'.repeat(1024), `${'日'.repeat(1023)}本`, '/'.repeat(1024), '\\#?\u0080'.repeat(256)];
    expect(sortsBefore(long[0]!, long[1]!)).toBe(ledgerKey(long[0]!) < ledgerKey(long[1]!));
    for (const name of long) {
      expect(ledgerKey(name)).toMatch(/^[0-9A-Za-z$:_~!]+$/);
      expect(ledgerKey(name).length).toBeLessThanOrEqual(512);
    }
    expect(new Set(long.map(ledgerKey)).size).toBe(long.length);
  });
});

describe('segments', () => {
  const cut = (names: readonly string[]): Segment[] => {
    const cutter = new SegmentCutter();
    const made = names.flatMap((name) => cutter.add({ name, etag: '0x1' }) ?? []);
    return [...made, cutter.end()];
  };
  const names = Array.from({ length: 50_000 }, (_, i) => `2024/${String(i).padStart(6, '0')}.txt`);

  it('hold every name once, in order, and meet at their borders', () => {
    const segments = cut(names);
    expect(segments.flatMap(({ blobs }) => blobs.map(({ name }) => name))).toEqual(names);
    expect(segments.map(({ after }) => after).slice(1)).toEqual(segments.map(({ upTo }) => upTo).slice(0, -1));
    expect([segments[0]?.after, segments.at(-1)?.upTo]).toEqual([undefined, undefined]);
    expect(Math.max(...segments.map(({ blobs }) => blobs.length))).toBeLessThanOrEqual(4_096);
    expect(segments.length).toBeGreaterThan(20);
  });

  it('change one by one, when a blob comes or goes', () => {
    const digest = ({ after, upTo, blobs }: Segment): string => [after, upTo, ...blobs.map(({ name }) => name)].join();
    const before = new Set(cut(names).map(digest));
    const added = [...names, '2024/012345.txt-new'].sort(byBytes);
    const removed = names.filter((_, i) => i !== 12_345);
    for (const after of [added, removed])
      expect(cut(after).filter((segment) => !before.has(digest(segment))).length).toBeLessThanOrEqual(2);
  });

  it('are one that is empty, of a listing without blobs', () => {
    expect(cut([])).toEqual([{ after: undefined, upTo: undefined, blobs: [] }]);
  });
});

describe('whether a blob is published', () => {
  const blob = { name: 'a', etag: '0x2' };
  const row = (fields: Partial<LedgerRow>): LedgerRow => ({
    ...{ key: 'a', version: '0x2', dueMs: 9_000, notedMs: 500, token: 't' },
    ...fields,
  });
  const [now, began] = [2_000, 1_000];

  it.each<[string, LedgerRow | undefined, 'publish' | 'leave']>([
    ['not known', undefined, 'publish'],
    ['published', row({}), 'leave'],
    ['due again', row({ dueMs: 2_000 }), 'publish'],
    ['given up', row({ dueMs: NEVER }), 'leave'],
    ['overwritten', row({ version: '0x1' }), 'publish'],
    ['overwritten after it was given up', row({ version: '0x1', dueMs: NEVER }), 'publish'],
    ['noted in a newer version while the listing was read', row({ version: '0x3', notedMs: 1_500 }), 'leave'],
  ])('%s', (_, known, kind) => {
    expect(decidePublication(blob, known, now, began)).toMatchObject({ kind });
  });
});
