/** Rows of a table that nobody wrote to for long. The whole table is read, by pages: storage has no index of times. */
import type { Removal, Retained } from '../../ports/retention';
import type { StorageClients } from './clients';
import { statusOf } from './storage-errors';

const PAGE = 1_000;
const AT_ONCE = 16;

/**
 * `ended`: whether a row, with the `columns` that were asked for, is one that nobody will change any more; by default all are. Each is removed
 * under its ETag: what was written to meanwhile stays.
 */
export function retainedRows(
  clients: StorageClients,
  tableName: string,
  name: string,
  {
    columns = [],
    ended = () => true,
  }: {
    readonly columns?: readonly string[];
    readonly ended?: (row: Readonly<Record<string, unknown>>) => boolean;
  } = {},
): Retained {
  return {
    name,
    async removeEnded(beforeMs): Promise<Removal> {
      const table = clients.table(tableName);
      let [removed, kept] = [0, 0];
      const pages = table
        .listEntities({
          queryOptions: { select: ['PartitionKey', 'RowKey', 'Timestamp', ...columns] },
        })
        .byPage({ maxPageSize: PAGE });
      for await (const page of pages) {
        const old = page.filter((row) => Date.parse(row.timestamp ?? '') < beforeMs && ended(row));
        kept += page.length - old.length;
        for (let from = 0; from < old.length; from += AT_ONCE) {
          const outcomes = await Promise.all(
            old.slice(from, from + AT_ONCE).map(async ({ partitionKey = '', rowKey = '', etag }) => {
              try {
                await table.deleteEntity(partitionKey, rowKey, { etag });
                return true;
              } catch (error) {
                const status = statusOf(error);
                if (status === 404) return true;
                if (status === 412) return false;
                throw error;
              }
            }),
          );
          for (const gone of outcomes) {
            if (gone) removed++;
            else kept++;
          }
        }
      }
      return { removed, kept };
    },
  };
}
