import type { WatchState, WatchStore, WatchTotals } from '../../ports/watch-store';
import type { StorageClients } from './clients';
import { statusOf } from './storage-errors';

interface Row {
  /** As JSON. */
  readonly value: string;
}

const PARTITION = 'watch';
const NONE: WatchTotals = { processedOk: 0, processedErr: 0, bytes: 0, lastError: null };

/** {@link WatchStore} in two rows of a table. */
export function createWatchStore(clients: StorageClients, tableName: string): WatchStore {
  const table = () => clients.table(tableName);

  async function read(rowKey: string): Promise<{ value: unknown; etag: string } | undefined> {
    try {
      const row = await table().getEntity<Row>(PARTITION, rowKey);
      return { value: JSON.parse(row.value) as unknown, etag: row.etag };
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw error;
    }
  }

  /** False when somebody else wrote since this ETag, or since there was none. */
  async function write(rowKey: string, value: unknown, etag: string | undefined): Promise<boolean> {
    const entity = { partitionKey: PARTITION, rowKey, value: JSON.stringify(value) };
    try {
      if (etag !== undefined) await table().updateEntity(entity, 'Replace', { etag });
      else await table().createEntity(entity);
      return true;
    } catch (error) {
      const status = statusOf(error);
      if (status === 409 || status === 412 || (etag !== undefined && status === 404)) return false;
      throw error;
    }
  }

  return {
    read: async () => (await read('session'))?.value as WatchState | undefined,
    async change(next) {
      for (;;) {
        const found = await read('session');
        const state = found?.value as WatchState | undefined;
        const changed = next(state);
        if (!changed || (await write('session', changed, found?.etag))) return state;
      }
    },
    totals: async () => ((await read('totals'))?.value as WatchTotals | undefined) ?? NONE,
    async add(delta) {
      for (;;) {
        const found = await read('totals');
        const before = (found?.value as WatchTotals | undefined) ?? NONE;
        const after: WatchTotals = {
          processedOk: before.processedOk + delta.processedOk,
          processedErr: before.processedErr + delta.processedErr,
          bytes: before.bytes + delta.bytes,
          lastError: delta.lastError ?? before.lastError,
        };
        if (await write('totals', after, found?.etag)) return;
      }
    },
  };
}
