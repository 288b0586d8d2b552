/** Where items are kept: the contract on both, and what only the file does. */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createTableItemStore } from '../../../../src/adapters/azure-storage/item-store';
import { createSqliteItemStore } from '../../../../src/adapters/sqlite/item-store';
import { lookup, type ItemNote } from '../../../../src/domain/items/item';
import { tables } from '../../../../src/domain/storage-layout';
import { itemStoreContract } from '../../../contracts/item-store';
import { isSoak } from '../../../drivers/scale';
import { startStorage, type StorageUnderTest } from '../../../drivers/storage-under-test';

const folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-items-'));
let storage: StorageUnderTest;
beforeAll(async () => {
  storage = await startStorage();
});
afterAll(async () => {
  await storage.stop();
  rmSync(folder, { recursive: true, force: true });
});

let files = 0;
const newFile = (): string => path.join(folder, `made-${++files}`, 'items.db');

itemStoreContract('A file', async () => createSqliteItemStore({ file: newFile() }));
itemStoreContract('Table storage', async () => createTableItemStore(storage.clients, tables.items));

const note = (n: number, atMs: number): ItemNote => ({
  ...{ pipeline: 'nfs', key: `k${n}`, name: `in/f${n}`, state: 'done', atMs },
});

test('the file forgets what nobody noted anything of for long, and every way to it', async () => {
  const file = newFile();
  const store = createSqliteItemStore({ file });
  await store.put(Array.from({ length: 1_200 }, (_, n) => note(n, n)));
  // Found by one more trace than the one that it has now.
  await store.put([{ ...note(0, 0), traceId: 'a'.repeat(32) }]);
  await store.put([{ ...note(0, 1), traceId: 'b'.repeat(32) }]);
  await store.put([note(7, 5_000)]);
  expect(await store.removeBefore(1_100)).toEqual({ removed: 1_099, kept: 101 });
  expect(await store.find(lookup('name', 'f3'), 1)).toEqual([]);
  expect(await store.find(lookup('name', 'f7'), 1)).toHaveLength(1);
  await store.close();
  const db = new DatabaseSync(file);
  expect(db.prepare('SELECT count(*) AS left FROM lookups').get()).toEqual({ left: 202 });
  db.close();
});

const PER_DAY = isSoak ? 2_000 : 100;
test(
  `a year of ${PER_DAY} items a day takes no more room than two months of them`,
  async () => {
    const file = newFile();
    const store = createSqliteItemStore({ file });
    const dayMs = 86_400_000;
    let afterTwoMonths = 0;
    for (let day = 0; day < 365; day++) {
      const atMs = day * dayMs;
      const items = Array.from({ length: PER_DAY }, (_, n) => ({
        ...note(day * PER_DAY + n, atMs),
        key: `${day} ${n}`,
      }));
      await store.put(items.map((one) => ({ ...one, state: 'working' as const })));
      await store.put(items);
      const { kept } = await store.removeBefore(atMs - 30 * dayMs);
      expect(kept).toBe(Math.min(day + 1, 31) * PER_DAY);
      if (day === 60) afterTwoMonths = statSync(file).size;
    }
    await store.close();
    expect(statSync(file).size).toBeLessThan(afterTwoMonths * 1.1);
  },
  isSoak ? 600_000 : 60_000,
);

test('two processes share the file, and it is there after an end without goodbye', async () => {
  const file = newFile();
  const [one, other] = [createSqliteItemStore({ file }), createSqliteItemStore({ file })];
  await Promise.all(Array.from({ length: 40 }, (_, n) => (n % 2 === 0 ? one : other).put([note(n, n), note(100, n)])));
  expect(await one.find(lookup('name', 'f39'), 1)).toHaveLength(1);
  expect((await other.find(lookup('name', 'f100'), 1))[0]?.states.done?.atMs).toBe(39);
  await Promise.all([one.close(), other.close()]);
});

test('a file of a later version is refused, with what to do', async () => {
  const file = newFile();
  const store = createSqliteItemStore({ file });
  await store.put([note(1, 1)]);
  await store.close();
  const db = new DatabaseSync(file);
  db.exec('PRAGMA user_version = 2');
  db.close();
  const later = createSqliteItemStore({ file });
  await expect(later.put([note(1, 1)])).rejects.toThrow(/is of version 2, and this is version 1\. Remove the file/);
  await later.close();
});
