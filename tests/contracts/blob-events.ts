import { toEnvelope, type Headers } from '../../src/domain/blob-events/delivery';
import { ledgerKey } from '../../src/domain/blob-events/ledger-key';
import { NEVER, type LedgerRow } from '../../src/domain/blob-events/publication';
import type { BlobEventBroker } from '../../src/ports/blob-event-broker';
import type { BlobEventLedger, KeyRange } from '../../src/ports/blob-event-ledger';

/** What every {@link BlobEventLedger} must do; `make` gives an empty one. */
export function blobEventLedgerContract(name: string, make: () => BlobEventLedger | Promise<BlobEventLedger>): void {
  describe(`${name} as a BlobEventLedger`, () => {
    const claimOf = (blob: string, version: string, replaces?: LedgerRow) => ({
      key: ledgerKey(blob),
      version,
      replaces,
    });
    const rows = async (ledger: BlobEventLedger, range: KeyRange = {}): Promise<LedgerRow[]> => {
      const found: LedgerRow[] = [];
      for await (const page of ledger.rows(range)) found.push(...page);
      return found;
    };

    it('claims and notes versions, and gives their rows by range, in order', async () => {
      const ledger = await make();
      const names = ['b/ü', 'a', 'c', 'b/x y', 'b'];
      const claims = names.map((blob) => claimOf(blob, '0x1'));
      const tokens = await ledger.claim(claims, 2_000, 1_000);
      expect(tokens.every((token) => token !== undefined && token !== '')).toBe(true);
      expect((await rows(ledger)).map(({ key }) => key)).toEqual(['a', 'b', 'b/x y', 'b/ü', 'c'].map(ledgerKey));
      const range = { after: ledgerKey('a'), upTo: ledgerKey('b/x y') };
      expect((await rows(ledger, range)).map(({ key }) => key)).toEqual(['b', 'b/x y'].map(ledgerKey));
      const traceparent = `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01`;
      await ledger.note([{ ...claimOf('a', '0x1'), traceparent, token: tokens[1]! }], 9_000, 1_500);
      expect((await rows(ledger))[0]).toMatchObject({ version: '0x1', dueMs: 9_000, notedMs: 1_500, traceparent });
    });

    it('gives a version to one of many claims at once, and to none whose row changed', async () => {
      const ledger = await make();
      const [mine, yours] = [claimOf('mine', '0x1'), claimOf('yours', '0x1')];
      const both = await Promise.all([1, 2, 3].map(() => ledger.claim([mine, yours], 2_000, 1_000)));
      for (const at of [0, 1]) expect(both.filter((tokens) => tokens[at] !== undefined)).toHaveLength(1);
      const [row] = await rows(ledger, { upTo: ledgerKey('mine') });
      expect(await ledger.claim([claimOf('mine', '0x2', row), claimOf('new', '0x1')], 3_000, 1_000)).toEqual([
        expect.any(String),
        expect.any(String),
      ]);
      expect(await ledger.claim([claimOf('mine', '0x3', row), claimOf('newer', '0x1')], 3_000, 1_000)).toEqual([
        undefined,
        expect.any(String),
      ]);
    });

    it('takes more than a transaction holds', async () => {
      const ledger = await make();
      const claims = Array.from({ length: 250 }, (_, i) => claimOf(`many/${i}`, '0x1'));
      const tokens = await ledger.claim(claims, 2_000, 1_000);
      await ledger.note(
        claims.map((claim, at) => ({ ...claim, token: tokens[at]! })),
        3_000,
        1_000,
      );
      const found = await rows(ledger);
      expect(found.filter(({ dueMs }) => dueMs === 3_000)).toHaveLength(250);
      await ledger.remove(found);
      await ledger.remove(found.slice(0, 3));
      expect(await rows(ledger)).toEqual([]);
    });

    it('notes nothing over what changed since the claim: a version at rest, a newer one, a row that is gone', async () => {
      const ledger = await make();
      const claims = ['at rest', 'newer', 'gone', 'still'].map((blob) => claimOf(blob, '0x1'));
      const tokens = await ledger.claim(claims, 2_000, 1_000);
      await ledger.rest(ledgerKey('at rest'), '0x1', 1_500);
      const known = await rows(ledger);
      const rowOf = (blob: string): LedgerRow => known.find(({ key }) => key === ledgerKey(blob))!;
      await ledger.claim([claimOf('newer', '0x2', rowOf('newer'))], 2_500, 1_500);
      await ledger.remove([rowOf('gone')]);
      await ledger.note(
        claims.map((claim, at) => ({ ...claim, token: tokens[at]! })),
        9_000,
        1_600,
      );
      expect((await rows(ledger)).map(({ key, version, dueMs }) => [key, version, dueMs])).toEqual(
        [
          [ledgerKey('at rest'), '0x1', NEVER],
          [ledgerKey('newer'), '0x2', 2_500],
          [ledgerKey('still'), '0x1', 9_000],
        ].sort(),
      );
    });

    it('puts a version to rest, and no other', async () => {
      const ledger = await make();
      await ledger.claim([claimOf('given up', '0x1')], 2_000, 1_000);
      await ledger.rest(ledgerKey('given up'), '0x2', 1_500);
      await ledger.rest(ledgerKey('unknown'), '0x1', 1_500);
      expect((await rows(ledger)).map(({ dueMs }) => dueMs)).toEqual([2_000]);
      await ledger.rest(ledgerKey('given up'), '0x1', 1_500);
      expect((await rows(ledger)).map(({ dueMs }) => dueMs)).toEqual([NEVER]);
    });
  });
}

export interface BrokerFixture {
  readonly broker: BlobEventBroker;
  /** Takes everything out of a queue; each message in its envelope. */
  take(queue: string): Promise<readonly string[]>;
}

/** What every {@link BlobEventBroker} must do. */
export function brokerContract(name: string, make: () => Promise<BrokerFixture>): void {
  describe(`${name} as a BlobEventBroker`, () => {
    const message = (id: string, headers: Headers = { trace_id: 'a'.repeat(32), retries: 0 }) => ({
      ...{ id, headers },
      text: JSON.stringify({ blob: `ü ${id} \u0001 "quoted"` }),
    });

    it('holds what was published, with its headers, and counts it', async () => {
      const { broker, take } = await make();
      await broker.declare();
      await broker.declare();
      await broker.probe.check(AbortSignal.timeout(10_000));
      const messages = Array.from({ length: 40 }, (_, i) =>
        message(`m${i}`, { trace_id: 't', etag: '0x1', retries: i }),
      );
      await broker.publish(messages);
      expect(await broker.lengths()).toEqual({ events: 40, errors: 0 });
      const taken = await take(broker.queues.events);
      const expected = messages.map(({ id, text, headers }) => toEnvelope(text, { message_id: id, ...headers }));
      expect([...taken].sort()).toEqual([...expected].sort());
    });

    it('keeps what was given up apart', async () => {
      const { broker, take } = await make();
      await broker.declare();
      await broker.publishError(message('failed', { trace_id: 't', retries: 3, dead_letter_id: 'd' }));
      expect(await broker.lengths()).toEqual({ events: 0, errors: 1 });
      const [taken = ''] = await take(broker.queues.errors);
      expect(JSON.parse(taken)).toMatchObject({ headers: { message_id: 'failed', retries: 3, dead_letter_id: 'd' } });
    });
  });
}
