/**
 * {@link BlobEventLedger} in table storage: a partition per container, a row per blob under {@link ledgerKey}, so that the rows
 * of a stretch of the listing are one range. Claims and notes are transactions of up to 100 rows; only where one of them
 * meets a row that somebody else wrote are they tried one by one.
 */
import type { TableClient, TransactionAction } from '@azure/data-tables';
import { NEVER, type LedgerRow } from '../../domain/blob-events/publication';
import type { BlobEventLedger, ClaimedVersion, LedgerClaim } from '../../ports/blob-event-ledger';
import type { StorageClients } from './clients';
import { statusOf } from './storage-errors';

interface Row {
  readonly version: string;
  /** Milliseconds since the epoch, as text: table integers are 32 bits. */
  readonly due: string;
  readonly noted: string;
  readonly traceparent?: string;
}

/** Most operations of a transaction. */
const TRANSACTION = 100;
/** Rows in one answer; the service's most. */
const PAGE = 1_000;

export function createBlobEventLedger(clients: StorageClients, tableName: string, container: string): BlobEventLedger {
  const table = (): TableClient => clients.table(tableName);

  const entity = ({ key, version, traceparent }: LedgerClaim, dueMs: number, nowMs: number) => ({
    ...{ partitionKey: container, rowKey: key, version, due: String(dueMs), noted: String(nowMs) },
    ...(traceparent === undefined ? {} : { traceparent }),
  });

  async function claimOne(claim: LedgerClaim, dueMs: number, nowMs: number): Promise<string | undefined> {
    const row = entity(claim, dueMs, nowMs);
    return unlessLost(async () => {
      const { etag = '' } = claim.replaces
        ? await table().updateEntity(row, 'Replace', { etag: claim.replaces.token })
        : await table().createEntity(row);
      return etag;
    });
  }

  async function noteOne(claim: ClaimedVersion, dueMs: number, nowMs: number): Promise<void> {
    await unlessLost(() => table().updateEntity(entity(claim, dueMs, nowMs), 'Replace', { etag: claim.token }));
  }

  return {
    async *rows({ after, upTo }) {
      const filter = [
        `PartitionKey eq '${container}'`,
        ...(after === undefined ? [] : [`RowKey gt '${after}'`]),
        ...(upTo === undefined ? [] : [`RowKey le '${upTo}'`]),
      ].join(' and ');
      const pages = table().listEntities<Row>({ queryOptions: { filter } }).byPage({ maxPageSize: PAGE });
      for await (const page of pages) yield page.map(ledgerRow);
    },

    async claim(claims, dueMs, nowMs) {
      const tokens: (string | undefined)[] = [];
      for (const some of chunks(claims)) {
        const actions = some.map((claim): TransactionAction => {
          const row = entity(claim, dueMs, nowMs);
          return claim.replaces ? ['update', row, 'Replace', { etag: claim.replaces.token }] : ['create', row];
        });
        const written = await submitted(actions);
        if (written) tokens.push(...some.map((_, at) => written[at]));
        else tokens.push(...(await Promise.all(some.map((claim) => claimOne(claim, dueMs, nowMs)))));
      }
      return tokens;
    },

    async note(claims, dueMs, nowMs) {
      for (const some of chunks(claims)) {
        const actions = some.map((claim): TransactionAction => {
          return ['update', entity(claim, dueMs, nowMs), 'Replace', { etag: claim.token }];
        });
        if (!(await submitted(actions))) await Promise.all(some.map((claim) => noteOne(claim, dueMs, nowMs)));
      }
    },

    async remove(rows) {
      for (const some of chunks(rows)) {
        const keys = some.map(({ key }) => ({ partitionKey: container, rowKey: key }));
        if (await submitted(keys.map((key): TransactionAction => ['delete', key]))) continue;
        for (const { partitionKey, rowKey } of keys) await unlessLost(() => table().deleteEntity(partitionKey, rowKey));
      }
    },

    async rest(key, version, nowMs) {
      try {
        const found = await table().getEntity<Row>(container, key);
        if (found.version !== version) return;
        const changes = { due: String(NEVER), noted: String(nowMs) };
        await table().updateEntity({ partitionKey: container, rowKey: key, ...changes }, 'Merge', { etag: found.etag });
      } catch (error) {
        if (statusOf(error) !== 404) throw error;
      }
    },
  };

  /** The rows' new ETags; undefined when one of the rows was not as expected; then none was written. */
  function submitted(actions: TransactionAction[]): Promise<readonly string[] | undefined> {
    return unlessLost(async () => {
      const { subResponses } = await table().submitTransaction(actions);
      return subResponses.map(({ etag = '' }) => etag);
    });
  }
}

/** Undefined where somebody else was quicker. */
async function unlessLost<T>(write: () => Promise<T>): Promise<T | undefined> {
  try {
    return await write();
  } catch (error) {
    if (!isLostRace(error)) throw error;
    return undefined;
  }
}

function ledgerRow(row: Row & { readonly rowKey?: string; readonly etag?: string }): LedgerRow {
  return {
    key: row.rowKey ?? '',
    version: row.version,
    dueMs: Number(row.due),
    notedMs: Number(row.noted),
    token: row.etag ?? '',
    ...(row.traceparent ? { traceparent: row.traceparent } : {}),
  };
}

function isLostRace(error: unknown): boolean {
  return [404, 409, 412].includes(statusOf(error) ?? 0);
}

function* chunks<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let from = 0; from < items.length; from += TRANSACTION) yield items.slice(from, from + TRANSACTION);
}
