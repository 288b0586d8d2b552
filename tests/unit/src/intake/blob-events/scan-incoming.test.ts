import { memoryItems } from '../../../../fakes/memory-items';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { ledgerKey } from '../../../../../src/domain/blob-events/ledger-key';
import { versionId, type BlobEventBody } from '../../../../../src/domain/blob-events/blob-event';
import { moveInstanceId } from '../../../../../src/domain/blob-events/move-blob';
import type { LedgerRow } from '../../../../../src/domain/blob-events/publication';
import { createScanIncoming, type ScanPorts } from '../../../../../src/intake/blob-events/scan-incoming';
import type { BlobEventLedger } from '../../../../../src/ports/blob-event-ledger';
import type { BlobListing } from '../../../../../src/ports/blob-listing';
import { memoryBlobEventLedger, memoryBroker, memoryListing } from '../../../../fakes/memory-blob-events';
import { silentLogger } from '../../../../fakes/memory-stores';
import { TestClock } from '../../../../fakes/test-clock';
import { scaled } from '../../../../drivers/scale';
import { SeededRandom } from '../../../../drivers/seeded-random';

const REPUBLISH_MS = 3_600_000;
const CLAIM_MS = 120_000;
const settings = { account: 'account', republishMs: REPUBLISH_MS };

function world(over: Partial<ScanPorts> = {}) {
  const blobs = new Map<string, string>();
  const [ledger, broker, clock] = [memoryBlobEventLedger(), memoryBroker(), new TestClock()];
  const items = memoryItems();
  const ports: ScanPorts = {
    listing: memoryListing(blobs),
    ledger,
    broker,
    items,
    clock,
    logger: silentLogger,
    ...over,
  };
  return { blobs, ledger, broker, items, clock, ports, scan: createScanIncoming(ports, settings) };
}

const idOf = (name: string, etag: string): string => versionId('account', 'incoming', name, etag);

describe('a look through incoming', () => {
  it('publishes each new version once, with its destination and its headers', async () => {
    const { blobs, broker, items, clock, scan } = world();
    for (let i = 0; i < 12; i++) blobs.set(`dir/${i}`, `0x${i}`);
    expect(await scan()).toMatchObject({ listed: 12, published: 12, again: 0 });
    clock.advance(60_000);
    expect(await scan()).toMatchObject({ listed: 12, published: 0 });
    expect(new Set(broker.events.map(({ id }) => id)).size).toBe(12);
    const id = idOf('dir/7', '0x7');
    const sent = broker.events.find((message) => message.id === id);
    expect(JSON.parse(sent!.text)).toMatchObject({ path: 'dir/', blob: '7', dest: `processed/${id}-7` });
    expect(items.notes).toHaveLength(12);
    expect(items.notes).toContainEqual(
      expect.objectContaining({ key: moveInstanceId(id), name: 'incoming/dir/7', state: 'received' }),
    );
    expect(sent!.headers).toEqual({ trace_id: id.replaceAll('-', ''), etag: '0x7', retries: 0 });
  });

  it('publishes an overwritten blob as another version, and one that was put back under a new ETag', async () => {
    const { blobs, broker, clock, scan } = world();
    blobs.set('a', '0x1').set('b', '0x1');
    await scan();
    blobs.set('a', '0x2').delete('b');
    clock.advance(60_000);
    await scan();
    blobs.set('b', '0x3');
    clock.advance(60_000);
    await scan();
    expect(broker.events.map(({ id }) => id).sort()).toEqual(
      [idOf('a', '0x1'), idOf('b', '0x1'), idOf('a', '0x2'), idOf('b', '0x3')].sort(),
    );
  });

  it('publishes again what nobody moved in time, under the same id and to the same destination', async () => {
    const { blobs, broker, clock, scan } = world();
    blobs.set('stuck', '0x1');
    await scan();
    clock.advance(REPUBLISH_MS - 1);
    expect((await scan()).published).toBe(0);
    clock.advance(1);
    expect(await scan()).toMatchObject({ published: 1, again: 1 });
    const [first, second] = broker.events.map(({ id, text }) => [id, (JSON.parse(text) as BlobEventBody).dest]);
    expect(second).toEqual(first);
    expect((await scan()).published).toBe(0);
  });

  it('publishes after a crash between publishing and noting, when the claim has run out, and loses nothing', async () => {
    const w = world();
    for (let i = 0; i < 7; i++) w.blobs.set(`${i}`, '0x1');
    const dying = { ...w.ledger, note: () => Promise.reject(new Error('killed')) };
    await expect(createScanIncoming({ ...w.ports, ledger: dying }, settings)()).rejects.toThrow('killed');
    expect(w.broker.events).toHaveLength(7);
    w.clock.advance(60_000);
    expect((await w.scan()).published).toBe(0);
    w.clock.advance(CLAIM_MS);
    expect((await w.scan()).published).toBe(7);
    expect(new Set(w.broker.events.map(({ id }) => id)).size).toBe(7);
  });

  it('publishes after a crash between claiming and publishing', async () => {
    const w = world();
    w.blobs.set('a', '0x1');
    w.broker.before = () => {
      throw new Error('the broker is away');
    };
    await expect(w.scan()).rejects.toThrow('away');
    w.broker.before = () => undefined;
    w.clock.advance(CLAIM_MS);
    expect((await w.scan()).published).toBe(1);
    expect(w.broker.events).toHaveLength(1);
  });

  it('forgets what is gone, and not what came while it looked', async () => {
    const { blobs, ledger, clock, scan } = world();
    blobs.set('moved', '0x1').set('there', '0x1');
    await scan();
    blobs.delete('moved');
    clock.advance(60_000);
    await scan();
    expect([...ledger.all.keys()]).toEqual([ledgerKey('there')]);
    blobs.delete('there');
    clock.advance(60_000);
    await scan();
    expect(ledger.all.size).toBe(0);
  });

  it('leaves to a scan beside it what that one knows better', async () => {
    const w = world();
    w.blobs.set('a', '0x1');
    await w.scan();
    w.clock.advance(60_000);
    // This one reads its page, and sleeps; meanwhile the blob is overwritten, another is put, and the other scan publishes both.
    const stale = memoryListing(new Map([['a', '0x1']]));
    const slow: BlobListing = {
      async *pages(container) {
        for await (const page of stale.pages(container)) {
          w.clock.advance(1_000);
          w.blobs.set('a', '0x2').set('b', '0x1');
          await w.scan();
          yield page;
        }
      },
    };
    expect((await createScanIncoming({ ...w.ports, listing: slow }, settings)()).published).toBe(0);
    expect([...w.ledger.all.keys()].sort()).toEqual([ledgerKey('a'), ledgerKey('b')].sort());
    w.clock.advance(60_000);
    // One that remembers nothing of the looks before.
    expect((await createScanIncoming(w.ports, settings)()).published).toBe(0);
    expect(w.broker.events).toHaveLength(3);
  });

  it('publishes no version twice, however many look at once', async () => {
    const { blobs, broker, ports } = world();
    for (let i = 0; i < 500; i++) blobs.set(`${i}`, '0x1');
    broker.before = () => Promise.resolve();
    const reports = await Promise.all([1, 2, 3].map(() => createScanIncoming(ports, settings)()));
    expect(reports.reduce((sum, { published }) => sum + published, 0)).toBe(500);
    expect(new Set(broker.events.map(({ id }) => id)).size).toBe(500);
    expect(broker.events).toHaveLength(500);
  });

  it('leaves at rest what was given up while others were still being published', async () => {
    const { blobs, broker, clock, ledger, ports, scan } = world();
    blobs.set('bad', '0x1').set('good', '0x1');
    broker.before = () => ledger.rest(ledgerKey('bad'), '0x1', clock.now());
    await scan();
    clock.advance(2 * REPUBLISH_MS);
    broker.events.length = 0;
    await createScanIncoming(ports, settings)();
    expect(broker.events.map(({ id }) => id)).toEqual([idOf('good', '0x1')]);
  });

  it('leaves alone what storage cannot be asked for', async () => {
    const { blobs, scan } = world();
    blobs.set('a/../b', '0x1').set('ok', '0x1');
    expect(await scan()).toMatchObject({ listed: 1, published: 1 });
  });

  const seed = Math.floor(Math.random() * 2 ** 31);
  it(`publishes every version that stays, whatever comes, goes and dies (seed ${seed})`, async () => {
    for (let round = 0; round < scaled(400); round++) {
      const random = new SeededRandom(seed + round);
      const w = world();
      let versions = 0;
      const disturb = (): void => {
        const name = `n/${Math.floor(random.next() * 30)}`;
        if (random.next() < 0.7) w.blobs.set(name, `0x${++versions}`);
        else w.blobs.delete(name);
      };
      const dying = (): void => {
        if (random.next() < 0.05) throw new Error('killed');
      };
      w.broker.before = dying;
      const ledger: BlobEventLedger = {
        ...w.ledger,
        rows: (range) => w.ledger.rows(range),
        claim: async (...args) => (dying(), w.ledger.claim(...args)),
        note: async (...args) => (dying(), w.ledger.note(...args)),
      };
      const process = () =>
        createScanIncoming({ ...w.ports, ledger, listing: memoryListing(w.blobs, 4, disturb) }, settings);
      let scans = [process(), process()];
      for (let minute = 0; minute < 8; minute++) {
        const results = await Promise.allSettled(scans.map((scan) => scan()));
        // Who died begins anew, and remembers nothing.
        scans = scans.map((scan, at) => (results[at]?.status === 'rejected' ? process() : scan));
        w.clock.advance(60_000);
      }
      // In peace, once the claims of the dead have run out.
      w.broker.before = () => undefined;
      w.clock.advance(CLAIM_MS);
      const last = createScanIncoming(w.ports, settings);
      await last();
      const published = new Set(w.broker.events.map(({ id }) => id));
      const missing = [...w.blobs].filter(([name, etag]) => !published.has(idOf(name, etag)));
      expect({ round, missing }).toEqual({ round, missing: [] });
      w.clock.advance(1);
      await createScanIncoming(w.ports, settings)();
      expect([...w.ledger.all.keys()].sort()).toEqual([...w.blobs.keys()].map(ledgerKey).sort());
    }
  });
});

describe('a listing of a million', () => {
  const TOTAL = scaled(1_000_000);
  const PAGE = 5_000;
  const nameOf = (i: number): string => `2024/${String(i).padStart(7, '0')}.txt`;

  it('is matched page by page, in bounded memory, and its rows are read once', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    collect();
    const before = process.memoryUsage().heapUsed;
    let most = 0;
    const listing: BlobListing = {
      async *pages() {
        for (let from = 0; from < TOTAL; from += PAGE) {
          if (from % (PAGE * 4) === 0) {
            collect();
            most = Math.max(most, process.memoryUsage().heapUsed - before);
          }
          yield Array.from({ length: PAGE }, (_, i) => ({ name: nameOf(from + i), etag: '0x1' }));
        }
      },
    };
    // All was published before, but one; a row is made up when it is asked for.
    const fresh = Math.floor(TOTAL * 0.654321);
    const firstKey = (after: string | undefined): number => (after === undefined ? 0 : numberOf(after) + 1);
    const numberOf = (key: string): number => Number(/(\d{7})\$2etxt$/.exec(key)?.[1]);
    let rowsRead = 0;
    let noted = false;
    const ledger: BlobEventLedger = {
      async *rows({ after, upTo }) {
        const end = upTo === undefined ? TOTAL - 1 : numberOf(upTo);
        for (let from = firstKey(after); from <= end; from += 1_000) {
          const page: LedgerRow[] = [];
          for (let i = from; i <= Math.min(end, from + 999); i++)
            if (i !== fresh || noted)
              page.push({ key: ledgerKey(nameOf(i)), version: '0x1', dueMs: 9e12, notedMs: 0, token: 't' });
          rowsRead += page.length;
          yield page;
        }
      },
      claim: async (claims) => claims.map(() => 't'),
      note: async () => void (noted = true),
      remove: async () => undefined,
      rest: async () => undefined,
    };
    const { ports, broker } = world({ listing, ledger });
    const scan = createScanIncoming(ports, settings);
    const first = await scan();
    expect(first).toMatchObject({ listed: TOTAL, published: 1, unchanged: 0 });
    expect(broker.events.map(({ id }) => id)).toEqual([idOf(nameOf(fresh), '0x1')]);
    expect(rowsRead).toBe(TOTAL - 1);
    rowsRead = 0;
    const second = await scan();
    expect(second).toMatchObject({ listed: TOTAL, published: 0, unchanged: second.segments });
    expect(rowsRead).toBe(0);
    expect(most / 1024 ** 2).toBeLessThan(16);
  }, 120_000);
});
