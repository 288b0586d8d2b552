import type { TableEntityResult } from '@azure/data-tables';
import { deadLetterId, type DeadLetter, type DeadLetterFilter } from '../../domain/dead-letter';
import { sha256Hex } from '../../domain/digest';
import type { DeadLetterStore } from '../../ports/dead-letter-store';
import type { StorageClients } from './clients';
import { statusOf } from './storage-errors';
import { tableKey } from './table-keys';

const PARTITION = 'dead-letter';
/** Rows by pipeline and message, each with the id of the newest letter of those. */
const NEWEST_PARTITION = 'newest-of-message';
const LARGEST_TABLE_PAGE = 1000;

interface Row {
  readonly pipeline: string;
  readonly code: string;
  readonly state: DeadLetter['state'];
  readonly occurred: string;
  /** Hash of pipeline and message. */
  readonly work?: string;
  /** Of letters of the orders pipeline. */
  readonly tenantId?: string;
  readonly orderId?: string;
  readonly record: string;
}

interface NewestRow {
  readonly letter: string;
}

/** Index in a table, bodies in blobs: a message of any size is kept whole. */
export function createDeadLetterStore(
  clients: StorageClients,
  tableName: string,
  containerName: string,
): DeadLetterStore {
  const table = () => clients.table(tableName);
  const body = (id: string) =>
    clients
      .blobs()
      .getContainerClient(containerName)
      .getBlockBlobClient(`${tableKey(id)}.txt`);

  async function read(id: string): Promise<{ row: TableEntityResult<Row>; record: DeadLetter } | undefined> {
    try {
      const row = await table().getEntity<Row>(PARTITION, tableKey(id));
      return { row, record: recordOf(row) };
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw error;
    }
  }

  async function newestOf(work: string): Promise<string | undefined> {
    try {
      return (await table().getEntity<NewestRow>(NEWEST_PARTITION, work)).letter;
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw error;
    }
  }

  async function forgetNewest(work: string, id: string): Promise<void> {
    try {
      const { letter, etag } = await table().getEntity<NewestRow>(NEWEST_PARTITION, work);
      if (letter === id) await table().deleteEntity(NEWEST_PARTITION, work, { etag });
    } catch (error) {
      if (statusOf(error) !== 404 && statusOf(error) !== 412) throw error;
    }
  }

  return {
    async add({ message, ...record }) {
      await body(record.id).upload(message, Buffer.byteLength(message), {
        blobHTTPHeaders: { blobContentType: 'text/plain; charset=utf-8' },
      });
      const work = sha256Hex(`${record.pipeline}\n${message}`);
      const before = await newestOf(work);
      // An id that is smaller is newer. A letter that is recorded again has its history already.
      const isNewest = before === undefined || record.id < before;
      try {
        await table().createEntity(
          rowOf({ ...record, ...(isNewest && before !== undefined ? { replayOf: before } : {}) }, work),
        );
      } catch (error) {
        if (statusOf(error) !== 409) throw error;
      }
      if (isNewest)
        await table().upsertEntity<NewestRow>(
          { partitionKey: NEWEST_PARTITION, rowKey: work, letter: record.id },
          'Replace',
        );
    },

    async list(filter, pageSize, continuation) {
      const query = filterText(filter, continuation);
      const items: DeadLetter[] = [];
      // One more than asked for tells whether there is another page; the service's own pages may hold fewer, or none.
      for await (const page of table()
        .listEntities<Row>({ queryOptions: { filter: query } })
        .byPage({ maxPageSize: Math.min(pageSize + 1, LARGEST_TABLE_PAGE) })) {
        items.push(...page.map(recordOf));
        if (items.length > pageSize) break;
      }
      const shown = items.slice(0, pageSize);
      const last = shown.at(-1);
      return { items: shown, ...(last && items.length > pageSize ? { continuation: last.id } : {}) };
    },

    async get(id) {
      const known = await read(id);
      if (!known) return undefined;
      try {
        const bytes = await body(id).downloadToBuffer();
        return { ...known.record, message: bytes.toString('utf8') };
      } catch (error) {
        // It is being removed.
        if (statusOf(error) === 404 && known.record.state !== 'open') return undefined;
        throw error;
      }
    },

    async removeClosed(before) {
      const beforeIso = new Date(before).toISOString();
      // What was closed before then was written before then, and rows are in the order of that.
      const written = `RowKey gt '${tableKey(deadLetterId(before, ''))}' and state ne 'open'`;
      let removed = 0;
      for await (const row of table().listEntities<Row>({
        queryOptions: { filter: `PartitionKey eq '${PARTITION}' and ${written}` },
      })) {
        const { id, closedAt = '' } = recordOf(row);
        if (closedAt === '' || closedAt >= beforeIso) continue;
        await body(id).deleteIfExists();
        if (row.work !== undefined) await forgetNewest(row.work, id);
        // Last, so that what is left of a removal that was cut off is found again.
        await table().deleteEntity(PARTITION, tableKey(id));
        removed++;
      }
      return removed;
    },

    async close(id, state, closedAt) {
      const known = await read(id);
      if (known?.record.state !== 'open') return false;
      try {
        await table().updateEntity(rowOf({ ...known.record, state, closedAt }, known.row.work), 'Replace', {
          etag: known.row.etag,
        });
        return true;
      } catch (error) {
        if (statusOf(error) === 412) return false;
        throw error;
      }
    },
  };
}

function rowOf(record: DeadLetter, work: string | undefined): { partitionKey: string; rowKey: string } & Row {
  return {
    partitionKey: PARTITION,
    rowKey: tableKey(record.id),
    pipeline: record.pipeline,
    code: record.code,
    state: record.state,
    occurred: record.createdAt,
    ...(work === undefined ? {} : { work }),
    ...(record.keys['tenantId'] ? { tenantId: record.keys['tenantId'] } : {}),
    ...(record.keys['orderId'] ? { orderId: record.keys['orderId'] } : {}),
    record: JSON.stringify(record),
  };
}

function recordOf(row: Row): DeadLetter {
  return JSON.parse(row.record) as DeadLetter;
}

function filterText(filter: DeadLetterFilter, after: string | undefined): string {
  const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;
  const parts = [`PartitionKey eq ${quoted(PARTITION)}`];
  if (after !== undefined) parts.push(`RowKey gt ${quoted(tableKey(after))}`);
  if (filter.pipeline) parts.push(`pipeline eq ${quoted(filter.pipeline)}`);
  if (filter.code) parts.push(`code eq ${quoted(filter.code)}`);
  if (filter.state) parts.push(`state eq ${quoted(filter.state)}`);
  if (filter.tenantId) parts.push(`tenantId eq ${quoted(filter.tenantId)}`);
  if (filter.orderId) parts.push(`orderId eq ${quoted(filter.orderId)}`);
  if (filter.since) parts.push(`occurred ge ${quoted(filter.since)}`);
  if (filter.until) parts.push(`occurred lt ${quoted(filter.until)}`);
  return parts.join(' and ');
}
