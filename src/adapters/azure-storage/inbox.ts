import type { TableEntityResult } from '@azure/data-tables';
import { sha256Hex } from '../../domain/digest';
import type { Clock } from '../../ports/clock';
import type { Claim, Inbox, Known } from '../../ports/inbox';
import type { StorageClients } from './clients';
import { statusOf } from './storage-errors';

interface Row {
  readonly key: string;
  readonly owner: string;
  readonly state: 'claimed' | 'released' | 'done';
  /** Milliseconds since the epoch, as text: table integers are 32 bits. */
  readonly leaseUntil: string;
  readonly outcome: string;
}

/**
 * {@link Inbox} in table storage. Each change is conditional on the row's ETag, so of two at once one starts again from what
 * the other wrote. Keys are spread over partitions by their hash.
 */
export function createInbox(clients: StorageClients, tableName: string, clock: Clock): Inbox {
  const place = (key: string) => {
    const hash = sha256Hex(key);
    return { partitionKey: hash.slice(0, 3), rowKey: hash };
  };
  const table = () => clients.table(tableName);

  async function read(key: string): Promise<TableEntityResult<Row> | undefined> {
    const { partitionKey, rowKey } = place(key);
    try {
      return await table().getEntity<Row>(partitionKey, rowKey);
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw error;
    }
  }

  /** False when the row changed meanwhile. */
  async function write(row: Row, found: TableEntityResult<Row> | undefined): Promise<boolean> {
    const entity = { ...place(row.key), ...row };
    try {
      if (found) await table().updateEntity(entity, 'Replace', { etag: found.etag });
      else await table().createEntity(entity);
      return true;
    } catch (error) {
      const status = statusOf(error);
      if (status === 409 || status === 412 || (found && status === 404)) return false;
      throw error;
    }
  }

  return {
    async claim(key, owner, leaseMs): Promise<Claim> {
      for (;;) {
        const found = await read(key);
        if (found?.state === 'done') return { kind: 'done', outcome: found.outcome };
        const until = Number(found?.leaseUntil ?? 0);
        if (found && found.owner !== owner && until > clock.now()) return { kind: 'held', by: found.owner, until };
        const row: Row = { key, owner, state: 'claimed', leaseUntil: String(clock.now() + leaseMs), outcome: '' };
        if (await write(row, found)) return { kind: 'claimed' };
      }
    },

    async complete(key, owner, outcome) {
      for (;;) {
        const found = await read(key);
        if (found?.state === 'done') return;
        if (await write({ key, owner, state: 'done', leaseUntil: '0', outcome }, found)) return;
      }
    },

    async release(key, owner) {
      for (;;) {
        const found = await read(key);
        if (found?.state !== 'claimed' || found.owner !== owner) return;
        if (await write({ key, owner, state: 'released', leaseUntil: '0', outcome: '' }, found)) return;
      }
    },

    async look(key): Promise<Known> {
      const found = await read(key);
      if (!found) return { kind: 'unknown' };
      return found.state === 'done' ? { kind: 'done', outcome: found.outcome } : { kind: found.state };
    },
  };
}
