/** Rows that grew old, in a real table. */
import { retainedRows } from '../../../../src/adapters/azure-storage/retained-rows';
import { tables } from '../../../../src/domain/storage-layout';
import { startStorage, type StorageUnderTest } from '../../../drivers/storage-under-test';

const HOUR = 60 * 60 * 1000;
let storage: StorageUnderTest;
beforeAll(async () => {
  storage = await startStorage();
});
afterAll(() => storage.stop());

it('removes what nobody wrote to since, if it ended, from a table of several pages', async () => {
  const table = storage.clients.table(tables.inbox);
  const count = 1_200;
  for (let from = 0; from < count; from += 100)
    await table.submitTransaction(
      Array.from({ length: 100 }, (_, i) => {
        const row = { partitionKey: 'p', rowKey: String(from + i).padStart(5, '0') };
        return ['create', { ...row, state: i % 10 === 0 ? 'claimed' : 'done' }];
      }),
    );
  const columns = ['state'];
  const retained = retainedRows(storage.clients, tables.inbox, 'inbox', {
    columns,
    ended: ({ state }) => state === 'done',
  });
  expect(await retained.removeEnded(Date.now() - HOUR)).toEqual({ removed: 0, kept: count });
  expect(await retained.removeEnded(Date.now() + HOUR)).toEqual({ removed: (count * 9) / 10, kept: count / 10 });
  const left: unknown[] = [];
  for await (const { state } of table.listEntities()) left.push(state);
  expect(left).toEqual(Array.from({ length: count / 10 }, () => 'claimed'));
});
