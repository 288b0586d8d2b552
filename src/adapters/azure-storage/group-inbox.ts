import { sha256Hex } from '../../domain/digest';
import { LeaseSightings } from '../../domain/lease-sightings';
import type { Clock } from '../../ports/clock';
import type { GroupClaim, GroupFailures, GroupInbox } from '../../ports/inbox';
import type { StorageClients } from './clients';
import { statusOf } from './storage-errors';

interface Row {
  readonly owner: string;
  /** Milliseconds since the epoch, as text: table integers are 32 bits. */
  readonly leaseUntil: string;
  /** Absent: none. */
  readonly failures?: number;
  /** The owner that failed last. */
  readonly failedBy?: string;
  readonly told?: boolean;
}

/** Most changes of one transaction (https://learn.microsoft.com/rest/api/storageservices/performing-entity-group-transactions). */
const MOST_CHANGES = 100;

/** A claim that lasts at least this much longer cannot have been taken over, clocks being as they are. */
const SURE_MS = 5_000;

/**
 * {@link GroupInbox} in table storage: a partition a group, a transaction a hundred keys. ETags of what this process wrote are
 * remembered, so that renewing and releasing cost no reads; whatever does not go as expected is done key by key, conditionally.
 */
export function createGroupInbox(
  clients: StorageClients,
  tableName: string,
  clock: Clock,
  monotonic: () => number,
): GroupInbox {
  const table = () => clients.table(tableName);
  /** What this process wrote and has not released. */
  const own = new Map<string, { readonly etag: string; readonly until: number }>();
  const sightings = new LeaseSightings();
  const partition = (group: string): string => `g-${sha256Hex(group).slice(0, 16)}`;
  const place = (group: string, key: string) => ({ partitionKey: partition(group), rowKey: sha256Hex(key) });
  const memory = (owner: string, rowKey: string): string => `${owner}\n${rowKey}`;

  function remember(owner: string, rowKey: string, etag: string | undefined, until: number): void {
    if (etag) own.set(memory(owner, rowKey), { etag, until });
    else own.delete(memory(owner, rowKey));
  }

  async function claimOne(group: string, key: string, owner: string, leaseMs: number): Promise<GroupClaim> {
    const at = place(group, key);
    for (;;) {
      const found = await table()
        .getEntity<Row>(at.partitionKey, at.rowKey)
        .catch((error: unknown) => {
          if (statusOf(error) === 404) return undefined;
          throw error;
        });
      const until = Number(found?.leaseUntil ?? 0);
      const alive =
        found !== undefined &&
        until > clock.now() &&
        !sightings.hasEnded(at.rowKey, `${found.owner}\n${found.leaseUntil}`, monotonic(), leaseMs);
      if (alive && found.owner !== owner) return { kind: 'held', by: found.owner, until };
      sightings.forget(at.rowKey);
      const leaseUntil = clock.now() + leaseMs;
      const entity = { ...at, owner, leaseUntil: String(leaseUntil) };
      try {
        const written = found
          ? await table().updateEntity(entity, 'Merge', { etag: found.etag })
          : await table().createEntity(entity);
        remember(owner, at.rowKey, written.etag, leaseUntil);
        return { kind: 'claimed' };
      } catch (error) {
        const status = statusOf(error);
        if (status !== 409 && status !== 412 && !(found && status === 404)) throw error;
      }
    }
  }

  /** All of one transaction, or false when any of them was not as this process remembers it. */
  async function claimTogether(
    group: string,
    keys: readonly string[],
    owner: string,
    leaseMs: number,
  ): Promise<boolean> {
    const leaseUntil = clock.now() + leaseMs;
    const rows = keys.map((key) => ({ ...place(group, key), owner, leaseUntil: String(leaseUntil) }));
    try {
      const answer = await table().submitTransaction(
        rows.map((row) => {
          const etag = own.get(memory(owner, row.rowKey))?.etag;
          return etag ? ['update', row, 'Merge', { etag }] : ['create', row];
        }),
      );
      for (const [i, row] of rows.entries()) remember(owner, row.rowKey, answer.subResponses[i]?.etag, leaseUntil);
      return true;
    } catch (error) {
      if (![404, 409, 412].includes(statusOf(error) ?? 0)) throw error;
      for (const row of rows) own.delete(memory(owner, row.rowKey));
      return false;
    }
  }

  /** Reads a row, and writes what `change` makes of it unless that is nothing; again when somebody else wrote meanwhile. */
  async function change(
    { partitionKey, rowKey }: { readonly partitionKey: string; readonly rowKey: string },
    next: (row: Row | undefined) => Partial<Row> | undefined,
  ): Promise<Row | undefined> {
    for (;;) {
      const found = await table()
        .getEntity<Row>(partitionKey, rowKey)
        .catch((error: unknown) => {
          if (statusOf(error) === 404) return undefined;
          throw error;
        });
      const changes = next(found);
      if (!changes) return found;
      const row = { owner: '', leaseUntil: '0', ...changes };
      try {
        if (found) await table().updateEntity({ partitionKey, rowKey, ...changes }, 'Merge', { etag: found.etag });
        else await table().createEntity({ partitionKey, rowKey, ...row });
        return { ...row, ...found, ...changes };
      } catch (error) {
        if (![404, 409, 412].includes(statusOf(error) ?? 0)) throw error;
      }
    }
  }

  async function failOne(group: string, key: string, owner: string, keepClaim: boolean): Promise<GroupFailures> {
    const at = place(group, key);
    own.delete(memory(owner, at.rowKey));
    const row = await change(at, (found) => {
      const counted = found?.failedBy === owner ? {} : { failures: (found?.failures ?? 0) + 1, failedBy: owner };
      const ends = !keepClaim && (!found || found.owner === owner) ? { leaseUntil: String(clock.now()) } : {};
      return { ...counted, ...ends };
    });
    return { failures: row?.failures ?? 1, told: row?.told ?? false };
  }

  async function releaseOne(group: string, key: string, owner: string): Promise<void> {
    const { partitionKey, rowKey } = place(group, key);
    try {
      const found = await table().getEntity<Row>(partitionKey, rowKey);
      if (found.owner === owner) await table().deleteEntity(partitionKey, rowKey, { etag: found.etag });
    } catch (error) {
      if (![404, 412].includes(statusOf(error) ?? 0)) throw error;
    }
  }

  return {
    async claimAll(group, keys, owner, leaseMs) {
      const claims: GroupClaim[] = [];
      for (const part of chunks(keys)) {
        const together = part.length > 1 && (await claimTogether(group, part, owner, leaseMs));
        claims.push(
          ...(together
            ? part.map((): GroupClaim => ({ kind: 'claimed' }))
            : await eachOf(part, (key) => claimOne(group, key, owner, leaseMs))),
        );
      }
      return claims;
    },

    async releaseAll(group, keys, owner) {
      for (const part of chunks(keys)) {
        const rows = part.map((key) => place(group, key));
        // Deletions of a transaction carry no condition: only what nobody can have taken over meanwhile goes this way.
        const sure = rows.every(({ rowKey }) => {
          const claim = own.get(memory(owner, rowKey));
          return claim !== undefined && claim.until > clock.now() + SURE_MS;
        });
        for (const { rowKey } of rows) own.delete(memory(owner, rowKey));
        try {
          if (sure) {
            await table().submitTransaction(rows.map((row) => ['delete', row]));
            continue;
          }
        } catch (error) {
          if (statusOf(error) !== 404) throw error;
        }
        await eachOf(part, (key) => releaseOne(group, key, owner));
      }
    },

    async endAll(group, keys, owner) {
      await eachOf(keys, async (key) => {
        const at = place(group, key);
        own.delete(memory(owner, at.rowKey));
        await change(at, (found) => (found?.owner === owner ? { leaseUntil: String(clock.now()) } : undefined));
      });
    },

    failAll: (group, keys, owner, keepClaims = false) => eachOf(keys, (key) => failOne(group, key, owner, keepClaims)),

    async noteTold(group, key) {
      await change(place(group, key), () => ({ told: true }));
    },

    async forget(group, key) {
      const { partitionKey, rowKey } = place(group, key);
      await table()
        .deleteEntity(partitionKey, rowKey)
        .catch((error: unknown) => {
          if (statusOf(error) !== 404) throw error;
        });
    },

    async tidy(group, beforeMs) {
      // Milliseconds of this age have thirteen digits, and compare as text.
      const filter = `PartitionKey eq '${partition(group)}' and leaseUntil lt '${beforeMs}'`;
      let removed = 0;
      for await (const row of table().listEntities<Row>({ queryOptions: { filter } })) {
        const { partitionKey = '', rowKey = '', etag } = row as typeof row & { readonly etag: string };
        try {
          await table().deleteEntity(partitionKey, rowKey, { etag });
          removed++;
        } catch (error) {
          // Somebody took it up this moment.
          if (![404, 412].includes(statusOf(error) ?? 0)) throw error;
        }
      }
      return removed;
    },
  };
}

function* chunks(keys: readonly string[]): Generator<readonly string[]> {
  for (let from = 0; from < keys.length; from += MOST_CHANGES) yield keys.slice(from, from + MOST_CHANGES);
}

/** Eight at a time, answers in order. */
async function eachOf<T>(keys: readonly string[], work: (key: string) => Promise<T>): Promise<T[]> {
  const answers = new Array<T>(keys.length);
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < keys.length) {
      const at = next++;
      const key = keys[at];
      if (key !== undefined) answers[at] = await work(key);
    }
  };
  await Promise.all(Array.from({ length: Math.min(8, keys.length) }, lane));
  return answers;
}
