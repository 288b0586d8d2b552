/**
 * {@link ItemStore} in table storage: a row for each item and each lookup that it is found by, with a column for each state, so
 * that notes of several processes are merged by the service and none has to be read before it is written. Rows lie in a few
 * partitions, by their lookups, so that many go in one request.
 */
import { odata, type TransactionAction } from '@azure/data-tables';
import { sha256Hex } from '../../domain/digest';
import { lookupsOf, latestOf, withNote, type ItemNote, type ItemRecord } from '../../domain/items/item';
import type { ItemStore } from '../../ports/item-store';
import type { StorageClients } from './clients';
import { retainedRows } from './retained-rows';

/** Rows that one request may name. */
const TRANSACTION = 100;
/** Looked through at most, of one lookup. */
const MOST_ROWS = 5_000;

type Row = Readonly<Record<string, unknown>>;

export function createTableItemStore(clients: StorageClients, tableName: string): ItemStore {
  const retained = retainedRows(clients, tableName, 'items');
  return {
    async put(notes) {
      const partitions = new Map<string, Map<string, Record<string, unknown>>>();
      for (const note of notes)
        for (const lookup of lookupsOf(note)) {
          const { partitionKey, rowKeyPrefix } = placeOf(lookup);
          const rowKey = `${rowKeyPrefix}${itemKey(note)}`;
          const rows = partitions.get(partitionKey) ?? new Map<string, Record<string, unknown>>();
          partitions.set(partitionKey, rows);
          // A request names each row once.
          const row = rows.get(rowKey) ?? { partitionKey, rowKey };
          rows.set(rowKey, { ...row, [note.state]: JSON.stringify(note) });
        }
      const table = clients.table(tableName);
      await Promise.all(
        [...partitions.values()].map(async (rows) => {
          const actions = [...rows.values()].map((row): TransactionAction => ['upsert', row as never, 'Merge']);
          for (let from = 0; from < actions.length; from += TRANSACTION)
            await table.submitTransaction(actions.slice(from, from + TRANSACTION));
        }),
      );
    },

    async find(lookup, limit) {
      const { partitionKey, rowKeyPrefix } = placeOf(lookup);
      const filter = odata`PartitionKey eq ${partitionKey} and RowKey ge ${rowKeyPrefix} and RowKey lt ${`${rowKeyPrefix}~`}`;
      const found: ItemRecord[] = [];
      for await (const row of clients.table(tableName).listEntities<Row>({ queryOptions: { filter } })) {
        const record = recordOf(row);
        if (record && found.push(record) === MOST_ROWS) break;
      }
      return found.sort((a, b) => latestOf(b) - latestOf(a)).slice(0, limit);
    },

    removeBefore: (beforeMs) => retained.removeEnded(beforeMs),
    close: () => Promise.resolve(),
  };
}

function placeOf(lookup: string): { readonly partitionKey: string; readonly rowKeyPrefix: string } {
  const hash = sha256Hex(lookup);
  return { partitionKey: hash.slice(0, 1), rowKeyPrefix: `${hash.slice(1, 33)}-` };
}

function itemKey({ pipeline, key }: ItemNote): string {
  return sha256Hex(`${pipeline} ${key}`).slice(0, 32);
}

function recordOf(row: Row): ItemRecord | undefined {
  let record: ItemRecord | undefined;
  for (const value of Object.values(row))
    if (typeof value === 'string' && value.startsWith('{')) record = withNote(record, JSON.parse(value) as ItemNote);
  return record;
}
