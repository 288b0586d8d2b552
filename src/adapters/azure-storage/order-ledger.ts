/**
 * {@link OrderLedger} in table storage. The events of one order, and its sequence, share one of 16 partitions, so that many
 * claims and marks are a transaction (https://learn.microsoft.com/rest/api/storageservices/performing-entity-group-transactions).
 *
 * Rows: `i:<event>` of an event, `s:<order>` of an order's sequence. A claim is an insert; only where one of a transaction
 * meets an older row are they looked at one by one.
 */
import type { TableClient, TableEntity, TransactionAction } from '@azure/data-tables';
import type { OrderKey } from '../../domain/orders/order-event';
import type { Clock } from '../../ports/clock';
import type { OrderClaim, OrderLedger, SettledEvent } from '../../ports/order-ledger';
import type { StorageClients } from './clients';
import { codeOf, statusOf } from './storage-errors';

interface EventRow {
  readonly owner: string;
  readonly state: 'claimed' | 'done';
  /** Milliseconds since the epoch, as text: table integers are 32 bits. Of the lease's end, or of the mark. */
  readonly at: string;
  readonly outcome: string;
}

interface SequenceRow {
  /** As text. */
  readonly settled: string;
  /** When it moved up last: milliseconds since the epoch, as text. */
  readonly at: string;
}

/** Most operations of a transaction. */
const TRANSACTION = 100;
/** Most keys in one query's filter: its length is bounded. */
const FILTER_KEYS = 10;
const PARTITIONS = Array.from({ length: 16 }, (_, i) => i.toString(16));

const partitionOf = (order: string): string => order.slice(0, 1);
const eventRow = (event: string): string => `i:${event}`;
const sequenceRow = (order: string): string => `s:${order}`;

export function createOrderLedger(clients: StorageClients, tableName: string, clock: Clock): OrderLedger {
  const table = (): TableClient => clients.table(tableName);

  async function claimOne(key: OrderKey, owner: string, leaseMs: number, isReplay = false): Promise<OrderClaim> {
    const place = { partitionKey: partitionOf(key.order), rowKey: eventRow(key.event) };
    for (;;) {
      const found = await readRow<EventRow>(table(), place.partitionKey, place.rowKey);
      if (found?.state === 'done' && !(isReplay && found.outcome === 'dead-lettered')) return { kind: 'done' };
      const until = Number(found?.at ?? 0);
      if (found?.state === 'claimed' && found.owner !== owner && until > clock.now()) return { kind: 'held', until };
      const row = { ...place, ...claimed(owner, leaseMs) };
      try {
        if (found) await table().updateEntity(row, 'Replace', { etag: found.etag });
        else await table().createEntity(row);
        return { kind: 'claimed' };
      } catch (error) {
        if (!isLostRace(error)) throw error;
      }
    }
  }

  /** False when somebody changed it meanwhile. */
  async function removedRow(partitionKey: string, rowKey: string, etag: string): Promise<boolean> {
    try {
      await table().deleteEntity(partitionKey, rowKey, { etag });
      return true;
    } catch (error) {
      if (!isLostRace(error)) throw error;
      return false;
    }
  }

  /** What settles them, as long as nobody changes what it was decided by: what is done stays done, a sequence only moves up. */
  async function settling(partitionKey: string, group: readonly SettledEvent[]): Promise<TransactionAction[]> {
    const at = String(clock.now());
    const marks = group.map(async ({ key, outcome }): Promise<TransactionAction | undefined> => {
      const row = { partitionKey, rowKey: eventRow(key.event), state: 'done', at, outcome, owner: '' };
      if (outcome === 'done') return ['upsert', row, 'Replace'];
      const found = await readRow<EventRow>(table(), partitionKey, row.rowKey);
      if (found?.state === 'done' && found.outcome === 'done') return undefined;
      return replacing(row, found?.etag);
    });
    const moves = [...highest(group)].map(async ([order, sequence]): Promise<TransactionAction | undefined> => {
      const row = { partitionKey, rowKey: sequenceRow(order), settled: String(sequence), at };
      const found = await readRow<SequenceRow>(table(), partitionKey, row.rowKey);
      return Number(found?.settled ?? 0) >= sequence ? undefined : replacing(row, found?.etag);
    });
    return (await Promise.all([...marks, ...moves])).filter((action) => action !== undefined);
  }

  const isClaim = ({ state }: { readonly state?: EventRow['state'] }): boolean => state === 'claimed';

  const claimed = (owner: string, leaseMs: number): EventRow => ({
    owner,
    state: 'claimed',
    at: String(clock.now() + leaseMs),
    outcome: '',
  });

  return {
    async claim(keys, owner, leaseMs) {
      const claims = new Map<string, OrderClaim>();
      await eachPartition(
        keys,
        (key) => key.order,
        async (partitionKey, group) => {
          const rows = group.map(({ event }): TransactionAction => [
            'create',
            { partitionKey, rowKey: eventRow(event), ...claimed(owner, leaseMs) },
          ]);
          if (await written(table(), rows)) {
            for (const { event } of group) claims.set(event, { kind: 'claimed' });
            return;
          }
          await Promise.all(group.map(async (key) => claims.set(key.event, await claimOne(key, owner, leaseMs))));
        },
      );
      return keys.map(({ event }) => claims.get(event) ?? { kind: 'held', until: clock.now() });
    },

    reclaim: (key, owner, leaseMs) => claimOne(key, owner, leaseMs, true),

    async settle(events) {
      await eachPartition(
        events,
        ({ key }) => key.order,
        async (partitionKey, group) => {
          // Whoever else settles at the same time, or stood still for long, must not set back what stands by now.
          while (!(await written(table(), await settling(partitionKey, group)))) continue;
        },
        // An event and the sequence of its order are one transaction.
        TRANSACTION / 2,
      );
    },

    async release(keys, owner) {
      await Promise.all(
        keys.map(async ({ order, event }) => {
          const found = await readRow<EventRow>(table(), partitionOf(order), eventRow(event));
          if (found?.state === 'claimed' && found.owner === owner)
            await removedRow(partitionOf(order), eventRow(event), found.etag);
        }),
      );
    },

    async sequences(orders) {
      const found = new Map(orders.map((order) => [order, 0]));
      await eachPartition(
        orders,
        (order) => order,
        async (partitionKey, group) => {
          for (let i = 0; i < group.length; i += FILTER_KEYS) {
            const keys = group.slice(i, i + FILTER_KEYS).map((order) => `RowKey eq '${sequenceRow(order)}'`);
            const filter = `PartitionKey eq '${partitionKey}' and (${keys.join(' or ')})`;
            for await (const row of table().listEntities<SequenceRow>({ queryOptions: { filter } }))
              found.set(String(row.rowKey).slice(2), Number(row.settled));
          }
        },
      );
      return found;
    },

    async expire(before) {
      let removed = 0;
      for (const partitionKey of PARTITIONS) {
        const filter = `PartitionKey eq '${partitionKey}' and at lt '${before}'`;
        const options = { queryOptions: { filter, select: ['RowKey', 'state'] } };
        for await (const page of table().listEntities<EventRow>(options).byPage({ maxPageSize: TRANSACTION })) {
          // A claim could be taken over just now.
          const [claims, settled] = [page.filter(isClaim), page.filter((row) => !isClaim(row))];
          for (const { rowKey, etag } of claims) if (await removedRow(partitionKey, String(rowKey), etag)) removed++;
          if (settled.length > 0)
            await table().submitTransaction(
              settled.map(({ rowKey }) => ['delete', { partitionKey, rowKey: String(rowKey) }]),
            );
          removed += settled.length;
        }
      }
      return removed;
    },
  };
}

/** Groups by partition, and works on all partitions at once, on `size` items at a time. */
async function eachPartition<T>(
  items: readonly T[],
  orderOf: (item: T) => string,
  work: (partitionKey: string, group: readonly T[]) => Promise<void>,
  size = TRANSACTION,
): Promise<void> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const partition = partitionOf(orderOf(item));
    const group = groups.get(partition);
    if (group) group.push(item);
    else groups.set(partition, [item]);
  }
  await Promise.all(
    [...groups].map(async ([partition, group]) => {
      for (let i = 0; i < group.length; i += size) await work(partition, group.slice(i, i + size));
    }),
  );
}

/** False when somebody changed one of the rows meanwhile: then none of them was written. */
async function written(table: TableClient, actions: readonly TransactionAction[]): Promise<boolean> {
  const [first] = actions;
  try {
    if (actions.length > 1) await table.submitTransaction([...actions]);
    else if (first) await writeOne(table, first);
    return true;
  } catch (error) {
    if (isLostRace(error)) return false;
    throw error;
  }
}

/** Half the cost of a transaction of one. */
async function writeOne(table: TableClient, [kind, row, mode, options]: TransactionAction): Promise<void> {
  if (kind === 'create') await table.createEntity(row);
  else if (kind === 'upsert') await table.upsertEntity(row, mode);
  else if (kind === 'update') await table.updateEntity(row, mode, options);
  else await table.deleteEntity(row.partitionKey, row.rowKey);
}

/** Takes the place of what was found there, or of nothing. */
function replacing(row: TableEntity, etag: string | undefined): TransactionAction {
  return etag === undefined ? ['create', row] : ['update', row, 'Replace', { etag }];
}

async function readRow<T extends object>(
  table: TableClient,
  partitionKey: string,
  rowKey: string,
): Promise<(T & { readonly etag: string }) | undefined> {
  try {
    return await table.getEntity<T>(partitionKey, rowKey);
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw error;
  }
}

/** A table that is gone is none: nobody would ever win. */
function isLostRace(error: unknown): boolean {
  const status = statusOf(error);
  if (codeOf(error) === 'TableNotFound') return false;
  return status === 409 || status === 412 || status === 404;
}

function highest(events: readonly SettledEvent[]): Map<string, number> {
  const found = new Map<string, number>();
  for (const { key, sequence } of events)
    if (sequence !== undefined) found.set(key.order, Math.max(sequence, found.get(key.order) ?? 0));
  return found;
}
