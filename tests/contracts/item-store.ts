import { itemOf, lookup, lookupsOf, type ItemNote } from '../../src/domain/items/item';
import type { ItemStore } from '../../src/ports/item-store';

/** Both sides of the port: what is noted by several, late and twice, is found as one item. `items`: so many of one lookup. */
export function itemStoreContract(name: string, make: () => Promise<ItemStore>, many = 250): void {
  describe(`${name} keeps items`, () => {
    let store: ItemStore;
    beforeAll(async () => {
      store = await make();
    });
    afterAll(() => store.close());

    const file: ItemNote = { pipeline: 'media', key: 'a', name: 'raw/2026/a.pdf', state: 'working', atMs: 2_000 };
    const trace = 'ab'.repeat(16);

    it('finds an item by its name, the end of its name and its trace, with all that was noted', async () => {
      await store.put([{ ...file, instanceId: 'i-1', traceId: trace }]);
      await store.put([
        { ...file, state: 'done', atMs: 3_000, traceId: trace, detail: 'processed/a.pdf' },
        { ...file, state: 'received', atMs: 1_000, traceId: trace },
      ]);
      for (const by of [lookup('name', 'raw/2026/a.pdf'), lookup('name', 'a.pdf'), lookup('trace', trace)]) {
        const found = await store.find(by, 10);
        expect(found.map(itemOf)).toEqual([
          {
            ...{ pipeline: 'media', name: 'raw/2026/a.pdf', state: 'done', since: '1970-01-01T00:00:03.000Z' },
            ...{ detail: 'processed/a.pdf', instanceId: 'i-1', traceId: trace, next: 'Nothing.' },
            history: [
              { state: 'received', at: '1970-01-01T00:00:01.000Z' },
              { state: 'working', at: '1970-01-01T00:00:02.000Z' },
              { state: 'done', at: '1970-01-01T00:00:03.000Z', detail: 'processed/a.pdf' },
            ],
          },
        ]);
      }
      expect(await store.find(lookup('name', '2026/a.pdf'), 10)).toEqual([]);
      expect(await store.find(lookup('order', 'a.pdf'), 10)).toEqual([]);
    });

    it('keeps items apart, the latest first, as many as were asked for', async () => {
      const order = { pipeline: 'orders', tenantId: 't', orderId: "o'1 %/\\", state: 'done' } as const;
      const notes = Array.from({ length: many }, (_, n) => ({
        ...order,
        key: `k${n}`,
        requestId: `r${n}`,
        atMs: n + 1,
      }));
      await store.put(notes);
      await store.put(notes.slice(0, 3));
      const found = await store.find(lookup('order', "o'1 %/\\"), 5);
      expect(found.map(({ requestId }) => requestId)).toEqual([1, 2, 3, 4, 5].map((n) => `r${many - n}`));
      expect(await store.find(lookup('order', "o'1 %/\\"), many + 10)).toHaveLength(many);
    });

    it('takes notes of several writers at once', async () => {
      const states = ['received', 'working', 'waiting', 'done'] as const;
      await Promise.all(
        Array.from({ length: 20 }, (_, n) =>
          store.put([{ ...file, key: `b${n % 5}`, name: 'raw/b', state: states[n % 4] ?? 'done', atMs: 10_000 + n }]),
        ),
      );
      const found = await store.find(lookup('name', 'raw/b'), 10);
      expect(found.map(({ states: noted }) => Object.keys(noted).sort())).toEqual(
        Array.from({ length: 5 }, () => [...states].sort()),
      );
    });

    it('keeps what is long or strange, cut where it must be', async () => {
      const name = `${'x'.repeat(3_000)}/end \u{1F600}.txt`;
      const strange = { ...file, key: '\u0000/\\?#', name, detail: `one\ntwo ${'y'.repeat(3_000)}` };
      await store.put([strange]);
      const [found] = await store.find(lookup('name', 'end \u{1F600}.txt'), 10);
      expect(found?.states.working?.detail).toBe('one');
      expect(await store.find(lookup('name', name), 10)).toHaveLength(1);
      expect(lookupsOf(strange)).toHaveLength(2);
    });
  });
}
