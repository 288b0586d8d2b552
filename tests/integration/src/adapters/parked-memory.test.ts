/** What a process knows of orders with many parked events, beside what a table has: two processes on one table, any order of events. */
import { createParkedOrders } from '../../../../src/adapters/azure-storage/parked-orders';
import { orderKey } from '../../../../src/domain/orders/order-event';
import { placeAfter, type ParkedPlace } from '../../../../src/domain/orders/order-turn';
import { PARKED_CONTAINER, tables } from '../../../../src/domain/storage-layout';
import type { ParkedOrder, ParkedOrders } from '../../../../src/ports/parked-orders';
import { fuzzSeed } from '../../../drivers/seeded-random';
import { startStorage, type StorageUnderTest } from '../../../drivers/storage-under-test';

let storage: StorageUnderTest;
beforeAll(async () => {
  storage = await startStorage();
});
afterAll(() => storage.stop());

const order = (id: string): string =>
  orderKey({ schemaVersion: '1.0', tenantId: 't', orderId: id, requestId: 'r' }).order;

function entry(of: string, standing: readonly ParkedPlace[], n: number): ParkedOrder {
  const event = String(n).padStart(64, '0');
  return {
    ...{ order: of, event, place: placeAfter(standing, 1_767_225_600_000 + n, event), sequence: undefined, text: '{}' },
    origin: { backend: 'kafka', source: 'orders', position: `0/${n}`, enqueuedAt: 0 },
    ...{ attempts: 0, parkedAt: 0, dueAt: n, reason: 'why' },
  };
}

/** How much of the table a reading brought. */
function counted(): {
  readonly parked: ParkedOrders;
  readonly rows: () => number;
  readonly pass: (ms: number) => void;
} {
  let rows = 0;
  let now = 0;
  const clients = {
    ...storage.clients,
    table: (name: string) => {
      const client = storage.clients.table(name);
      const listEntities = (options: Parameters<typeof client.listEntities>[0]) => ({
        byPage: async function* () {
          for await (const page of client.listEntities(options).byPage({ maxPageSize: 1000 })) {
            rows += page.length;
            yield page;
          }
        },
      });
      return new Proxy(client, {
        get(target, key) {
          if (key === 'listEntities') return listEntities;
          const value: unknown = Reflect.get(target, key, target);
          return typeof value === 'function' ? (value.bind(target) as unknown) : value;
        },
      });
    },
  };
  const parked = createParkedOrders(clients, tables.parked, PARKED_CONTAINER, () => now);
  return { parked, rows: () => rows, pass: (ms) => void (now += ms) };
}

it('reads what is known again only now and then, and finds whatever came', async () => {
  const random = fuzzSeed('parked events');
  const [one, other] = [counted(), counted()];
  const orders = Array.from({ length: 9 }, (_, n) => order(`o${n}`));
  const expected = new Map(orders.map((of) => [of, [] as ParkedOrder[]]));
  let n = 0;
  const park = async (by: ParkedOrders, of: string): Promise<void> => {
    const standing = expected.get(of)!;
    const added = entry(of, standing, ++n);
    await by.park(added);
    standing.push(added);
  };
  const brought = (places: ReadonlyMap<string, readonly ParkedPlace[]>, of: string): string[] =>
    (places.get(of) ?? []).map(({ place }) => place);
  const all = (of: string): string[] => expected.get(of)!.map(({ place }) => place);

  // Seven orders with many events, two with few.
  for (const [i, of] of orders.entries()) for (let k = 0; k < (i < 7 ? 40 + i : 3); k++) await park(other.parked, of);
  const whole = await one.parked.places();
  for (const of of orders) expect(brought(whole, of)).toEqual(all(of));

  const before = one.rows();
  for (let round = 0; round < 20; round++) {
    for (let k = random.below(4); k > 0; k--)
      await park(random.below(2) === 0 ? one.parked : other.parked, random.pick(orders));
    const places = await one.parked.places();
    for (const of of orders) expect([of, brought(places, of)]).toEqual([of, all(of)]);
  }
  // The smallest of the seven and the two with few are all that is read each time, and what is new once.
  expect(one.rows() - before).toBeLessThan(20 * (60 + 2 * 20));

  // What it takes out itself is out; what another took out is, too, after a while.
  const [mine, theirs] = [orders[5]!, orders[6]!];
  const [taken] = expected.get(mine)!.splice(0, 1);
  await one.parked.remove(mine, taken!.place);
  for (const gone of expected.get(theirs)!.splice(0)) await other.parked.remove(theirs, gone.place);
  await park(other.parked, theirs);
  const soon = await one.parked.places();
  expect(brought(soon, mine)).toEqual(all(mine));
  expect(brought(soon, theirs).at(-1)).toBe(all(theirs)[0]);
  one.pass(5_000);
  const later = await one.parked.places();
  for (const of of orders) expect([of, brought(later, of)]).toEqual([of, all(of)]);

  const postponed = { ...expected.get(mine)![0]!, dueAt: 77 };
  await one.parked.postpone(postponed);
  expect((await one.parked.places()).get(mine)?.[0]?.dueAt).toBe(77);
});
