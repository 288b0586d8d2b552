/**
 * {@link ParkedOrders} in table storage: a row an event, its payload in the row, or in a blob where it is long. Rows sort by
 * order and arrival; all of them are one partition, since every batch asks what is parked.
 */
import type { OrderOrigin } from '../../domain/orders/order-origin';
import type { ParkedPlace } from '../../domain/orders/order-turn';
import type { ParkedOrder, ParkedOrders } from '../../ports/parked-orders';
import type { StorageClients } from './clients';
import { ParkedMemory } from './parked-memory';
import { statusOf } from './storage-errors';
import { tableKey } from './table-keys';

const PARTITION = 'parked';
/** UTF-16 units: a text property holds 64 KiB. */
const INLINE = 30_000;

/** Numbers are text: table integers are 32 bits. */
interface Row {
  readonly order: string;
  readonly event: string;
  readonly place: string;
  readonly sequence: string;
  readonly parkedAt: string;
  readonly dueAt: string;
  readonly attempts: string;
  readonly reason: string;
  readonly replayed: boolean;
  readonly origin: string;
  /** Absent when the payload is a blob. */
  readonly text?: string;
}

const PLACE_COLUMNS = ['order', 'event', 'place', 'sequence', 'parkedAt', 'dueAt'];

export function createParkedOrders(
  clients: StorageClients,
  tableName: string,
  containerName: string,
  monotonic: () => number = () => performance.now(),
): ParkedOrders {
  const memory = new ParkedMemory(monotonic);
  const table = () => clients.table(tableName);
  const body = (order: string, place: string) =>
    clients
      .blobs()
      .getContainerClient(containerName)
      .getBlockBlobClient(`${rowKey(order, place)}.json`);

  async function readPlaces(
    leftOut: readonly { readonly order: string; readonly last: string }[],
  ): Promise<Map<string, ParkedPlace[]>> {
    const found = new Map<string, ParkedPlace[]>();
    const options = { queryOptions: { filter: filterWithout(leftOut), select: PLACE_COLUMNS } };
    for await (const page of table().listEntities<Row>(options).byPage({ maxPageSize: 1000 })) {
      for (const row of page) {
        const group = found.get(row.order);
        if (group) group.push(placeOf(row));
        else found.set(row.order, [placeOf(row)]);
      }
    }
    return found;
  }

  return {
    async places() {
      const leftOut = memory.leftOut();
      const began = monotonic();
      const read = await readPlaces(leftOut ?? []);
      return leftOut ? memory.beside(read) : memory.whole(read, monotonic() - began);
    },

    async park(entry) {
      if (!isInline(entry)) await body(entry.order, entry.place).upload(entry.text, Buffer.byteLength(entry.text));
      await table().upsertEntity(entityOf(entry), 'Replace');
    },

    async postpone(entry) {
      try {
        await table().updateEntity(entityOf(entry), 'Replace');
        memory.postponed(entry.order, entry.place, entry.dueAt);
      } catch (error) {
        if (statusOf(error) !== 404) throw error;
      }
    },

    async load(order, place): Promise<ParkedOrder | undefined> {
      try {
        const row = await table().getEntity<Row>(PARTITION, rowKey(order, place));
        const text = row.text ?? (await body(order, place).downloadToBuffer()).toString('utf8');
        return {
          ...placeOf(row),
          order,
          text,
          origin: JSON.parse(row.origin) as OrderOrigin,
          attempts: Number(row.attempts),
          reason: row.reason,
          ...(row.replayed ? { replayed: true } : {}),
        };
      } catch (error) {
        if (statusOf(error) === 404) return undefined;
        throw error;
      }
    },

    async remove(order, place) {
      memory.removed(order, place);
      try {
        await table().deleteEntity(PARTITION, rowKey(order, place));
      } catch (error) {
        if (statusOf(error) !== 404) throw error;
      }
      // Last: a row must never point at nothing. What a crash leaves here ages out by lifecycle.
      await body(order, place).deleteIfExists();
    },
  };
}

function rowKey(order: string, place: string): string {
  return `${order}:${tableKey(place)}`;
}

/** Every row but those of the known beginning of each order; the orders in the order of their keys. */
function filterWithout(leftOut: readonly { readonly order: string; readonly last: string }[]): string {
  const all = `PartitionKey eq '${PARTITION}'`;
  if (leftOut.length === 0) return all;
  const ranges: string[] = [];
  let after: string | undefined;
  for (const { order, last } of leftOut) {
    const behind = `RowKey lt '${quoted(`${order}:`)}'`;
    ranges.push(after === undefined ? behind : `(RowKey gt '${after}' and ${behind})`);
    after = quoted(rowKey(order, last));
  }
  ranges.push(`RowKey gt '${after ?? ''}'`);
  return `${all} and (${ranges.join(' or ')})`;
}

function quoted(text: string): string {
  return text.replaceAll("'", "''");
}

function isInline({ text }: ParkedOrder): boolean {
  return text.length <= INLINE;
}

function entityOf(entry: ParkedOrder): Row & { partitionKey: string; rowKey: string } {
  return {
    partitionKey: PARTITION,
    rowKey: rowKey(entry.order, entry.place),
    order: entry.order,
    event: entry.event,
    place: entry.place,
    sequence: entry.sequence === undefined ? '' : String(entry.sequence),
    parkedAt: String(entry.parkedAt),
    dueAt: String(entry.dueAt),
    attempts: String(entry.attempts),
    reason: entry.reason.slice(0, 2_000),
    replayed: entry.replayed ?? false,
    origin: JSON.stringify(entry.origin),
    ...(isInline(entry) ? { text: entry.text } : {}),
  };
}

function placeOf(row: Row): ParkedPlace {
  return {
    event: row.event,
    place: row.place,
    sequence: row.sequence === '' ? undefined : Number(row.sequence),
    parkedAt: Number(row.parkedAt),
    dueAt: Number(row.dueAt),
  };
}
