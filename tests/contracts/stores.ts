import type { DeadLetterWithBody } from '../../src/domain/dead-letter';
import { deadLetterId } from '../../src/domain/dead-letter';
import type { MediaRecord } from '../../src/domain/media/media-record';
import type { DeadLetterStore } from '../../src/ports/dead-letter-store';
import type { DirectUploads } from '../../src/ports/direct-uploads';
import { orderKey, type OrderKey } from '../../src/domain/orders/order-event';
import type { OrderLedger } from '../../src/ports/order-ledger';
import type { ParkedOrder, ParkedOrders } from '../../src/ports/parked-orders';
import type { GroupInbox, Inbox } from '../../src/ports/inbox';
import type { WatchStore } from '../../src/ports/watch-store';
import type { MediaRecords } from '../../src/ports/media-records';
import type { TestClock } from '../fakes/test-clock';

let counter = 0;
const unique = (): string => `${process.pid}-${++counter}`;

/** What every {@link Inbox} must do. */
export function inboxContract(name: string, make: () => { inbox: Inbox; clock: TestClock }): void {
  describe(`${name} as an Inbox`, () => {
    it('lets one owner claim, and the same owner again', async () => {
      const { inbox } = make();
      const key = `k/ü\n${unique()}`;
      expect(await inbox.claim(key, 'a', 1000)).toEqual({ kind: 'claimed' });
      expect(await inbox.claim(key, 'a', 1000)).toEqual({ kind: 'claimed' });
      expect(await inbox.claim(key, 'b', 1000)).toMatchObject({ kind: 'held', by: 'a' });
    });

    it('gives a claim to one of many at once', async () => {
      const { inbox } = make();
      const key = unique();
      const claims = await Promise.all(['a', 'b', 'c', 'd', 'e'].map((owner) => inbox.claim(key, owner, 60_000)));
      expect(claims.filter((c) => c.kind === 'claimed')).toHaveLength(1);
    });

    it('lets another owner in when the lease has ended', async () => {
      const { inbox, clock } = make();
      const key = unique();
      await inbox.claim(key, 'a', 1000);
      clock.advance(1001);
      expect(await inbox.claim(key, 'b', 1000)).toEqual({ kind: 'claimed' });
      expect(await inbox.claim(key, 'a', 1000)).toMatchObject({ kind: 'held', by: 'b' });
    });

    it('remembers what is done, whoever asks', async () => {
      const { inbox, clock } = make();
      const key = unique();
      expect(await inbox.look(key)).toEqual({ kind: 'unknown' });
      await inbox.claim(key, 'a', 1000);
      expect(await inbox.look(key)).toEqual({ kind: 'claimed' });
      await inbox.complete(key, 'a', 'processed');
      await inbox.complete(key, 'b', 'something else');
      clock.advance(10_000);
      expect(await inbox.look(key)).toEqual({ kind: 'done', outcome: 'processed' });
      expect(await inbox.claim(key, 'b', 1000)).toEqual({ kind: 'done', outcome: 'processed' });
    });

    it('releases only its own open claim', async () => {
      const { inbox } = make();
      const key = unique();
      await inbox.release(key, 'a');
      await inbox.claim(key, 'a', 60_000);
      await inbox.release(key, 'b');
      expect(await inbox.claim(key, 'b', 1000)).toMatchObject({ kind: 'held' });
      await inbox.release(key, 'a');
      expect(await inbox.look(key)).toEqual({ kind: 'released' });
      expect(await inbox.claim(key, 'b', 1000)).toEqual({ kind: 'claimed' });
      await inbox.complete(key, 'b', 'x');
      await inbox.release(key, 'b');
      expect(await inbox.look(key)).toEqual({ kind: 'done', outcome: 'x' });
    });
  });
}

/** What every {@link DirectUploads} must do. */
export function directUploadsContract(name: string, make: () => DirectUploads): void {
  describe(`${name} as DirectUploads`, () => {
    it('keeps what was announced, by id', async () => {
      const uploads = make();
      const id = unique();
      const announced = {
        id,
        blob: 'ü/#?.mp4',
        size: 2 ** 45,
        contentType: 'video/mp4',
        announcedAt: '2026-01-01T00:00:00.000Z',
      };
      expect(await uploads.get(id)).toBeUndefined();
      await uploads.put(announced);
      expect(await uploads.get(id)).toEqual(announced);
      await uploads.put({ ...announced, size: 5, traceparent: 'x' });
      expect(await uploads.get(id)).toEqual({ ...announced, size: 5, traceparent: 'x' });
    });
  });
}

/** What every {@link MediaRecords} must do. */
export function mediaRecordsContract(name: string, make: () => MediaRecords): void {
  describe(`${name} as MediaRecords`, () => {
    const record = (over: Partial<MediaRecord>): MediaRecord => ({
      id: 'set below',
      container: 'rawfiles',
      name: 'a ü/#?.png',
      etag: '"0x1"',
      sequencer: '',
      state: 'stored',
      updatedAt: '2026-01-01T00:00:00.000Z',
      ...over,
    });

    it('joins what later steps find to what earlier ones knew', async () => {
      const records = make();
      const id = unique();
      await records.put(record({ id, md5: 'aa', size: 5 }));
      await records.put(record({ id, sequencer: '01', state: 'processed', destination: 'processed/media/x' }));
      expect(await records.get(id)).toMatchObject({ md5: 'aa', size: 5, sequencer: '01', state: 'processed' });
      expect(await records.get(id, '"0x1"')).toMatchObject({ md5: 'aa', state: 'processed' });
      expect(await records.get(unique())).toBeUndefined();
      expect(await records.get(id, '"0x9"')).toBeUndefined();
    });

    it('shows the newest version, however the writes are ordered', async () => {
      const records = make();
      const id = unique();
      await records.put(record({ id, etag: '"0x2"', sequencer: '02', state: 'processed' }));
      await records.put(record({ id, etag: '"0x1"', sequencer: '01', state: 'superseded' }));
      expect(await records.get(id)).toMatchObject({ etag: '"0x2"' });
      expect(await records.get(id, '"0x1"')).toMatchObject({ state: 'superseded' });
      await records.put(record({ id, etag: '"0x3"', sequencer: '03', state: 'processing' }));
      expect(await records.get(id)).toMatchObject({ etag: '"0x3"', state: 'processing' });
    });
  });
}

/** What every {@link DeadLetterStore} must do. */
export function deadLetterContract(name: string, make: () => DeadLetterStore): void {
  describe(`${name} as a DeadLetterStore`, () => {
    let ms = Date.UTC(2026, 0, 1);
    const letter = (over: Partial<DeadLetterWithBody> = {}): DeadLetterWithBody => {
      ms += 1000;
      return {
        id: deadLetterId(ms, unique()),
        pipeline: 'media',
        code: 'COPY_FAILED',
        error: 'why',
        attempts: 3,
        keys: { queue: 'jobqueue' },
        createdAt: new Date(ms).toISOString(),
        state: 'open',
        message: `the "message" ü\u0000 ${unique()}`,
        ...over,
      };
    };

    it('keeps a letter whole, and the same id once', async () => {
      const store = make();
      const one = letter({ stack: 'at x', traceId: 'f'.repeat(32) });
      await store.add(one);
      await store.add(one);
      expect(await store.get(one.id)).toEqual(one);
      expect((await store.list({ since: one.createdAt }, 10)).items).toHaveLength(1);
      expect(await store.get('nothing/#?')).toBeUndefined();
    });

    it('names the letter before of what failed again, and of nothing else', async () => {
      const store = make();
      const first = letter();
      const second = letter({ message: first.message, attempts: 5 });
      const third = letter({ message: first.message });
      await store.add(first);
      await store.close(first.id, 'replayed', first.createdAt);
      await store.add(second);
      await store.add(third);
      // A crash in between lets each be recorded again, in any order.
      for (const again of [second, first, third]) await store.add(again);
      const other = letter({ message: first.message, pipeline: 'orders' });
      await store.add(other);
      expect(await store.get(first.id)).toMatchObject({ state: 'replayed' });
      expect(await store.get(second.id)).toMatchObject({ replayOf: first.id, attempts: 5 });
      expect(await store.get(third.id)).toMatchObject({ replayOf: second.id });
      for (const { id } of [first, other]) expect(await store.get(id)).not.toHaveProperty('replayOf');
    });

    it('keeps a body of a megabyte', async () => {
      const store = make();
      const big = letter({ message: 'x'.repeat(1024 * 1024) });
      await store.add(big);
      expect((await store.get(big.id))?.message).toHaveLength(1024 * 1024);
    });

    it('lists newest first, by filter and by page', async () => {
      const store = make();
      const letters = [letter(), letter({ code: 'VERIFY_FAILED' }), letter({ pipeline: 'orders' }), letter()];
      for (const l of letters) await store.add(l);
      const since = letters[0]!.createdAt;
      const ids = letters.map((l) => l.id).reverse();
      expect((await store.list({ since }, 10)).items.map((l) => l.id)).toEqual(ids);
      expect((await store.list({ since, code: 'VERIFY_FAILED' }, 10)).items.map((l) => l.id)).toEqual([letters[1]!.id]);
      expect((await store.list({ since, pipeline: 'orders' }, 10)).items.map((l) => l.id)).toEqual([letters[2]!.id]);
      const until = letters[2]!.createdAt;
      expect((await store.list({ since, until }, 10)).items.map((l) => l.createdAt < until)).toEqual(
        letters.filter((l) => l.createdAt < until).map(() => true),
      );
      const order = letter({ keys: { tenantId: "t'1", orderId: 'o' } });
      await store.add(order);
      expect((await store.list({ tenantId: "t'1", orderId: 'o', since }, 10)).items.map((l) => l.id)).toEqual([
        order.id,
      ]);
      expect((await store.list({ tenantId: 'other', orderId: 'o', since }, 10)).items).toEqual([]);
      ids.unshift(order.id);
      const paged: string[] = [];
      let continuation: string | undefined;
      do {
        const page = await store.list({ since }, 3, continuation);
        paged.push(...page.items.map((l) => l.id));
        continuation = page.continuation;
      } while (continuation);
      expect(paged).toEqual(ids);
    });

    it('removes what was closed long ago, and nothing that is open', async () => {
      const store = make();
      const letters = [letter(), letter(), letter(), letter()] as const;
      const [old, again, young, open] = letters;
      for (const one of letters) await store.add(one);
      const at = (ms: number): string => new Date(ms).toISOString();
      // Later than every letter that the tests before wrote.
      const before = ms + 10_000;
      await store.close(old.id, 'replayed', at(before - 2));
      await store.close(again.id, 'discarded', at(before - 1));
      await store.close(young.id, 'replayed', at(before));
      expect(await store.removeClosed(before)).toBeGreaterThanOrEqual(2);
      expect(await store.removeClosed(before)).toBe(0);
      expect(await store.get(old.id)).toBeUndefined();
      expect(await store.get(again.id)).toBeUndefined();
      expect(await store.get(young.id)).toMatchObject({ state: 'replayed', message: young.message });
      expect(await store.get(open.id)).toEqual(open);
      // Nothing is left that a new letter would be linked to.
      const anew = letter({ message: old.message });
      await store.add(anew);
      expect(await store.get(anew.id)).toEqual(anew);
    });

    it('is closed by one of two callers', async () => {
      const store = make();
      const one = letter();
      await store.add(one);
      const at = '2026-02-01T00:00:00.000Z';
      const closed = await Promise.all([store.close(one.id, 'replayed', at), store.close(one.id, 'discarded', at)]);
      expect(closed.filter(Boolean)).toHaveLength(1);
      expect(await store.get(one.id)).toMatchObject({ closedAt: at });
      expect(await store.close(one.id, 'replayed', at)).toBe(false);
      expect(await store.close('unknown', 'replayed', at)).toBe(false);
      expect((await store.list({ state: 'open', since: one.createdAt }, 10)).items).toHaveLength(0);
    });
  });
}

/** What every {@link OrderLedger} must do. */
export function orderLedgerContract(name: string, make: () => { ledger: OrderLedger; clock: TestClock }): void {
  describe(`${name} as an OrderLedger`, () => {
    const key = (order = unique(), request = unique()): OrderKey =>
      orderKey({ schemaVersion: '1.0', tenantId: 't', orderId: order, requestId: request });

    it('gives each of many claims to one owner', async () => {
      const { ledger } = make();
      const keys = Array.from({ length: 150 }, () => key());
      const first = await ledger.claim(keys, 'a', 1000);
      expect(first).toEqual(keys.map(() => ({ kind: 'claimed' })));
      const mixed = [...keys.slice(0, 20), ...Array.from({ length: 20 }, () => key())];
      const second = await ledger.claim(mixed, 'b', 1000);
      expect(second.map((c) => c.kind)).toEqual([
        ...Array<string>(20).fill('held'),
        ...Array<string>(20).fill('claimed'),
      ]);
      expect(await ledger.claim([keys[0]!], 'a', 1000)).toEqual([{ kind: 'claimed' }]);
    });

    it('gives one claim to one of many at once', async () => {
      const { ledger } = make();
      const keys = [key(), key()];
      const claims = await Promise.all(['a', 'b', 'c', 'd'].map((owner) => ledger.claim(keys, owner, 60_000)));
      for (const i of [0, 1]) expect(claims.filter((c) => c[i]!.kind === 'claimed')).toHaveLength(1);
    });

    it('lets another in when the lease has ended, or the claim was given up', async () => {
      const { ledger, clock } = make();
      const [lapsed, released] = [key(), key()];
      await ledger.claim([lapsed], 'a', 1000);
      clock.advance(1001);
      expect(await ledger.claim([lapsed], 'b', 1000)).toEqual([{ kind: 'claimed' }]);
      await ledger.claim([released], 'a', 60_000);
      await ledger.release([released], 'b');
      expect(await ledger.claim([released], 'b', 1000)).toMatchObject([{ kind: 'held' }]);
      await ledger.release([released], 'a');
      expect(await ledger.claim([released], 'b', 1000)).toEqual([{ kind: 'claimed' }]);
    });

    it('remembers what is settled, whoever asks, and gives it up for nobody', async () => {
      const { ledger, clock } = make();
      const one = key();
      await ledger.claim([one], 'a', 1000);
      await ledger.settle([{ key: one, outcome: 'done', sequence: undefined }], 'a');
      await ledger.settle([{ key: one, outcome: 'done', sequence: undefined }], 'b');
      await ledger.release([one], 'a');
      clock.advance(100_000);
      expect(await ledger.claim([one], 'b', 1000)).toEqual([{ kind: 'done' }]);
    });

    it('lets a replay claim what became a dead letter, and not what is done', async () => {
      const { ledger, clock } = make();
      const [dead, done] = [key(), key()];
      await ledger.settle([{ key: dead, outcome: 'dead-lettered', sequence: undefined }], 'a');
      await ledger.settle([{ key: done, outcome: 'done', sequence: undefined }], 'a');
      expect(await ledger.claim([dead, done], 'b', 1000)).toEqual([{ kind: 'done' }, { kind: 'done' }]);
      expect(await ledger.reclaim(done, 'b', 1000)).toEqual({ kind: 'done' });
      expect(await ledger.reclaim(dead, 'b', 1000)).toEqual({ kind: 'claimed' });
      expect(await ledger.reclaim(dead, 'c', 1000)).toEqual({ kind: 'held', until: clock.now() + 1000 });
    });

    it('moves sequences up, never down', async () => {
      const { ledger } = make();
      const [x, y] = [unique(), unique()];
      const at = (order: string, sequence: number) => ({ key: key(order), outcome: 'done' as const, sequence });
      const [one, other] = [key(x).order, key(y).order];
      expect(await ledger.sequences([one, other])).toEqual(
        new Map([
          [one, 0],
          [other, 0],
        ]),
      );
      await ledger.settle([at(x, 1), at(x, 2), at(y, 1)], 'a');
      await ledger.settle([at(x, 1)], 'a');
      expect(await ledger.sequences([one, other])).toEqual(
        new Map([
          [one, 2],
          [other, 1],
        ]),
      );
    });

    it('moves sequences up, never down, when many settle at once', async () => {
      const { ledger } = make();
      for (let round = 0; round < 5; round++) {
        const order = unique();
        // All of them look before the first of them writes.
        const settling = [2, 1, 4, 5, 3].map((sequence) =>
          ledger.settle([{ key: key(order), outcome: 'done', sequence }], 'a'),
        );
        await Promise.all(settling);
        expect([...(await ledger.sequences([key(order).order])).values()]).toEqual([5]);
      }
    });

    it('never makes a dead letter of what is done, so that a replay does not do it again', async () => {
      const { ledger } = make();
      const keys = Array.from({ length: 10 }, () => key());
      const settle = (outcome: 'done' | 'dead-lettered') =>
        ledger.settle(
          keys.map((one) => ({ key: one, outcome, sequence: undefined })),
          'a',
        );
      await Promise.all([settle('dead-lettered'), settle('done'), settle('dead-lettered')]);
      await settle('dead-lettered');
      for (const one of keys) expect(await ledger.reclaim(one, 'b', 1000)).toEqual({ kind: 'done' });
    });

    it('forgets what was settled long ago, and nothing else', async () => {
      const { ledger, clock } = make();
      const [old, young, open, abandoned] = [key(), key(), key(), key()];
      await ledger.claim([open], 'a', 10 ** 9);
      await ledger.claim([abandoned], 'a', 1_000);
      await ledger.settle([{ key: old, outcome: 'done', sequence: 3 }], 'a');
      clock.advance(10_000);
      await ledger.settle([{ key: young, outcome: 'dead-lettered', sequence: 4 }], 'a');
      // One event, one claim that nobody came back for, one order's sequence.
      expect(await ledger.expire(clock.now())).toBeGreaterThanOrEqual(3);
      expect([...(await ledger.sequences([old.order, young.order])).values()]).toEqual([0, 4]);
      expect(await ledger.claim([old, young, open, abandoned], 'b', 1000)).toMatchObject([
        { kind: 'claimed' },
        { kind: 'done' },
        { kind: 'held' },
        { kind: 'claimed' },
      ]);
    });
  });
}

/** What every {@link ParkedOrders} must do. */
export function parkedOrdersContract(name: string, make: () => ParkedOrders): void {
  describe(`${name} as ParkedOrders`, () => {
    const entry = (over: Partial<ParkedOrder> = {}): ParkedOrder => ({
      order: orderKey({ schemaVersion: '1.0', tenantId: 't', orderId: unique(), requestId: 'r' }).order,
      event: 'e'.repeat(64),
      place: `00001767225600000-3/17-${unique()}`,
      sequence: undefined,
      text: '{"ü":"\\u0000"}',
      origin: { backend: 'kafka', source: 'orders', position: '3/17', enqueuedAt: 5 },
      attempts: 2,
      parkedAt: 1767225600000,
      dueAt: 1767225601000,
      reason: 'why',
      ...over,
    });

    it('keeps an event whole, with payloads of any length', async () => {
      const parked = make();
      for (const one of [entry(), entry({ text: 'x'.repeat(1024 * 1024), sequence: 2 ** 40, replayed: true })]) {
        await parked.park(one);
        expect(await parked.load(one.order, one.place)).toEqual(one);
        const { event, place, sequence, parkedAt, dueAt } = one;
        expect((await parked.places()).get(one.order)).toEqual([{ event, place, sequence, parkedAt, dueAt }]);
      }
      expect(await parked.load('no such order', 'x')).toBeUndefined();
    });

    it('postpones one that is parked, and leaves out one that was taken out meanwhile', async () => {
      const parked = make();
      for (const one of [entry(), entry({ text: 'x'.repeat(100_000) })]) {
        await parked.park(one);
        await parked.postpone({ ...one, attempts: 3 });
        expect(await parked.load(one.order, one.place)).toEqual({ ...one, attempts: 3 });
        await parked.remove(one.order, one.place);
        await parked.postpone(one);
        expect(await parked.load(one.order, one.place)).toBeUndefined();
        expect((await parked.places()).get(one.order)).toBeUndefined();
      }
    });

    it('replaces one that is parked again, and removes', async () => {
      const parked = make();
      const one = entry();
      const behind = entry({ order: one.order });
      await parked.park(one);
      await parked.park({ ...one, attempts: 3 });
      await parked.park(behind);
      expect((await parked.places()).get(one.order)).toHaveLength(2);
      expect((await parked.load(one.order, one.place))?.attempts).toBe(3);
      await parked.remove(one.order, one.place);
      await parked.remove(one.order, one.place);
      expect((await parked.places()).get(one.order)).toMatchObject([{ place: behind.place }]);
    });
  });
}

/** What every {@link GroupInbox} must do. */
export function groupInboxContract(
  name: string,
  make: () => { inbox: GroupInbox; clock: TestClock; moveMonotonic: (ms: number) => void },
): void {
  describe(`${name} as a GroupInbox`, () => {
    const many = (count: number): string[] => Array.from({ length: count }, (_, i) => `k/${i} ü ${unique()}`);
    const kinds = (claims: readonly { readonly kind: string }[]): string[] => [...new Set(claims.map((c) => c.kind))];

    it('claims hundreds at once, again for the same owner, and no other', async () => {
      const { inbox } = make();
      const keys = many(230);
      expect(kinds(await inbox.claimAll('g', keys, 'a', 60_000))).toEqual(['claimed']);
      expect(kinds(await inbox.claimAll('g', keys, 'a', 60_000))).toEqual(['claimed']);
      const others = await inbox.claimAll('g', [...keys.slice(0, 2), ...many(1)], 'b', 60_000);
      expect(others).toMatchObject([{ kind: 'held', by: 'a' }, { kind: 'held' }, { kind: 'claimed' }]);
    });

    it('gives each key to one of many at once', async () => {
      const { inbox } = make();
      const keys = many(5);
      const all = await Promise.all(['a', 'b', 'c'].map((owner) => inbox.claimAll('g', keys, owner, 60_000)));
      for (const i of keys.keys()) expect(all.filter((claims) => claims[i]!.kind === 'claimed')).toHaveLength(1);
    });

    it('forgets what its owner releases, and only that', async () => {
      const { inbox } = make();
      const keys = many(120);
      await inbox.claimAll('g', keys, 'a', 60_000);
      await inbox.releaseAll('g', keys, 'b');
      expect(kinds(await inbox.claimAll('g', keys.slice(0, 3), 'b', 60_000))).toEqual(['held']);
      await inbox.releaseAll('g', keys, 'a');
      await inbox.releaseAll('g', keys, 'a');
      expect(kinds(await inbox.claimAll('g', keys, 'b', 60_000))).toEqual(['claimed']);
    });

    it('lets another owner in when the lease has ended, by the clock or, where that was set back, unrenewed', async () => {
      const { inbox, clock, moveMonotonic } = make();
      const [first = '', second = ''] = many(2);
      await inbox.claimAll('g', [first], 'a', 1_000);
      clock.advance(1_001);
      expect(kinds(await inbox.claimAll('g', [first], 'b', 1_000))).toEqual(['claimed']);
      await inbox.claimAll('g', [second], 'a', 1_000);
      clock.advance(-3_600_000);
      expect(kinds(await inbox.claimAll('g', [second], 'b', 1_000))).toEqual(['held']);
      moveMonotonic(1_001);
      expect(kinds(await inbox.claimAll('g', [second], 'b', 1_000))).toEqual(['claimed']);
    });

    it('counts failures once for each owner, keeps them until a success, and ends the claim', async () => {
      const { inbox } = make();
      const keys = many(3);
      await inbox.claimAll('g', keys, 'a', 60_000);
      expect(await inbox.failAll('g', keys, 'a')).toEqual(keys.map(() => ({ failures: 1, told: false })));
      expect(await inbox.failAll('g', keys, 'a')).toEqual(keys.map(() => ({ failures: 1, told: false })));
      expect(kinds(await inbox.claimAll('g', keys, 'b', 60_000))).toEqual(['claimed']);
      expect(kinds(await inbox.claimAll('g', keys, 'b', 60_000))).toEqual(['claimed']);
      const [first = '', second = '', third = ''] = keys;
      expect(await inbox.failAll('g', [first], 'b', true)).toEqual([{ failures: 2, told: false }]);
      expect(kinds(await inbox.claimAll('g', [first], 'c', 60_000))).toEqual(['held']);
      await inbox.noteTold('g', second);
      expect(await inbox.failAll('g', [second], 'b')).toEqual([{ failures: 2, told: true }]);
      await inbox.forget('g', second);
      expect(await inbox.failAll('g', [second], 'c')).toEqual([{ failures: 1, told: false }]);
      await inbox.releaseAll('g', [third], 'b');
      expect(await inbox.failAll('g', [third], 'c')).toEqual([{ failures: 1, told: false }]);
    });

    it('ends claims, keeping what failed before, and leaves those of others', async () => {
      const { inbox } = make();
      const [key = '', other = ''] = many(2);
      await inbox.failAll('g', [key], 'a');
      await inbox.claimAll('g', [key, other], 'b', 60_000);
      await inbox.endAll('g', [key, other, ...many(1)], 'nobody');
      expect(kinds(await inbox.claimAll('g', [key, other], 'c', 60_000))).toEqual(['held']);
      await inbox.endAll('g', [key, other], 'b');
      expect(kinds(await inbox.claimAll('g', [key, other], 'c', 60_000))).toEqual(['claimed']);
      expect(await inbox.failAll('g', [key, other], 'c')).toMatchObject([{ failures: 2 }, { failures: 1 }]);
    });

    it('counts a failure under a claim that another took over, and leaves it its claim', async () => {
      const { inbox, clock } = make();
      const [key = ''] = many(1);
      await inbox.claimAll('g', [key], 'a', 1_000);
      clock.advance(1_001);
      await inbox.claimAll('g', [key], 'b', 60_000);
      expect(await inbox.failAll('g', [key], 'a')).toEqual([{ failures: 1, told: false }]);
      expect(await inbox.claimAll('g', [key], 'c', 60_000)).toMatchObject([{ kind: 'held', by: 'b' }]);
    });

    it('tidies away what nobody touched since, and nothing else', async () => {
      const { inbox, clock } = make();
      const [group, old, young] = [unique(), ...many(2)] as [string, string, string];
      await inbox.claimAll(group, [old], 'never came back', 1_000);
      clock.advance(86_400_000);
      await inbox.claimAll(group, [young], 'a', 1_000);
      expect(await inbox.tidy(group, clock.now() - 3_600_000)).toBe(1);
      expect(await inbox.tidy(group, clock.now() - 3_600_000)).toBe(0);
      expect(kinds(await inbox.claimAll(group, [young], 'b', 1_000))).toEqual(['held']);
    });
  });
}

/** What every {@link WatchStore} must do. */
export function watchStoreContract(name: string, make: () => WatchStore): void {
  it(`${name} as a WatchStore keeps the session as told last, and adds up what several count at once`, async () => {
    const store = make();
    expect(await store.read()).toBeUndefined();
    expect(await store.totals()).toEqual({ processedOk: 0, processedErr: 0, bytes: 0, lastError: null });
    const state = {
      date: '20260102',
      name: 'ü/🚀',
      encoded: 'x',
      include: ['*'],
      exclude: [],
      dryRun: false,
      recursive: true,
      enabled: true,
      startedAt: '2026-01-02T00:00:00.000Z',
    };
    expect(await store.change(() => state)).toBeUndefined();
    expect(await store.change((before) => before && { ...before, enabled: false })).toEqual(state);
    expect(await store.change(() => undefined)).toEqual({ ...state, enabled: false });
    expect(await store.read()).toEqual({ ...state, enabled: false });
    // Each of several at once sees what the one before it made.
    const seen = await Promise.all(
      ['1', '2', '3', '4'].map((n) => store.change((before) => before && { ...before, name: before.name + n })),
    );
    const names = [...seen, await store.read()].map((one) => one!.name.slice(state.name.length)).sort();
    expect(names.map((name) => name.length)).toEqual([0, 1, 2, 3, 4]);
    expect([...names[4]!].sort().join('')).toBe('1234');
    await Promise.all([1, 2, 3, 4].map((n) => store.add({ processedOk: 1, processedErr: 0, bytes: n })));
    await store.add({ processedOk: 0, processedErr: 1, bytes: 0, lastError: 'why' });
    expect(await store.totals()).toEqual({ processedOk: 4, processedErr: 1, bytes: 10, lastError: 'why' });
  });
}
