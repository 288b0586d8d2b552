import type { TableEntityResult } from '@azure/data-tables';
import { isLatest, mergeRecords, type MediaRecord } from '../../domain/media/media-record';
import type { MediaRecords } from '../../ports/media-records';
import type { StorageClients } from './clients';
import { statusOf } from './storage-errors';
import { tableKey } from './table-keys';

interface Row {
  readonly sequencer: string;
  /** The record as JSON: names may hold what property types cannot carry, and fields come and go. */
  readonly record: string;
}

/** {@link MediaRecords} in table storage: one partition per file, a row per version and one called `latest`. */
export function createMediaRecords(clients: StorageClients, tableName: string): MediaRecords {
  const table = () => clients.table(tableName);

  async function read(
    id: string,
    rowKey: string,
  ): Promise<{ found: TableEntityResult<Row>; record: MediaRecord } | undefined> {
    try {
      const found = await table().getEntity<Row>(id, rowKey);
      return { found, record: JSON.parse(found.record) as MediaRecord };
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw error;
    }
  }

  /** Replaces a row by what `next` makes of it, starting again when somebody was quicker; `undefined` leaves it. */
  async function change(
    id: string,
    rowKey: string,
    next: (known: MediaRecord | undefined) => MediaRecord | undefined,
  ): Promise<void> {
    for (;;) {
      const known = await read(id, rowKey);
      const record = next(known?.record);
      if (!record) return;
      const entity = entityOf(record, rowKey);
      try {
        if (known) await table().updateEntity(entity, 'Replace', { etag: known.found.etag });
        else await table().createEntity(entity);
        return;
      } catch (error) {
        const status = statusOf(error);
        if (status !== 409 && status !== 412 && !(known && status === 404)) throw error;
      }
    }
  }

  /** Both rows of a file that nothing is known of yet, in one request; false when something is. */
  async function insert(record: MediaRecord): Promise<boolean> {
    try {
      await table().submitTransaction([
        ['create', { ...entityOf(record, versionKey(record.etag)) }],
        ['create', { ...entityOf(record, 'latest') }],
      ]);
      return true;
    } catch (error) {
      if (statusOf(error) === 409) return false;
      throw error;
    }
  }

  return {
    async put(record) {
      if (record.state === 'stored' && (await insert(record))) return;
      await change(record.id, versionKey(record.etag), (known) => mergeRecords(known, record));
      await change(record.id, 'latest', (known) =>
        isLatest(record, known) ? mergeRecords(known?.etag === record.etag ? known : undefined, record) : undefined,
      );
    },
    async get(id, etag) {
      const known = await read(tableKey(id), etag === undefined ? 'latest' : versionKey(etag));
      return known?.record;
    },
  };
}

function entityOf(record: MediaRecord, rowKey: string): { partitionKey: string; rowKey: string } & Row {
  return { partitionKey: record.id, rowKey, sequencer: record.sequencer, record: JSON.stringify(record) };
}

function versionKey(etag: string): string {
  return `v:${tableKey(etag)}`;
}
