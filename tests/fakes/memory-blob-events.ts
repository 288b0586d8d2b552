import type { LedgerRow } from '../../src/domain/blob-events/publication';
import { NEVER } from '../../src/domain/blob-events/publication';
import type { ListedBlob } from '../../src/domain/blob-events/segments';
import type { BlobEventBroker, OutgoingMessage } from '../../src/ports/blob-event-broker';
import type { BlobEventLedger, LedgerClaim } from '../../src/ports/blob-event-ledger';
import type { BlobListing } from '../../src/ports/blob-listing';

/** {@link BlobEventLedger} in memory, held to the contract of the real one. */
export function memoryBlobEventLedger(): BlobEventLedger & {
  readonly all: Map<string, LedgerRow>;
  /** Pages that were read. */
  reads: number;
} {
  const all = new Map<string, LedgerRow>();
  let counter = 0;
  const rowOf = ({ key, version, traceparent }: LedgerClaim, dueMs: number, notedMs: number): LedgerRow => ({
    ...{ key, version, dueMs, notedMs, token: String(++counter) },
    ...(traceparent === undefined ? {} : { traceparent }),
  });
  return {
    all,
    reads: 0,
    async *rows({ after, upTo }) {
      const found = [...all.values()]
        .filter(({ key }) => (after === undefined || key > after) && (upTo === undefined || key <= upTo))
        .sort((a, b) => (a.key < b.key ? -1 : 1));
      for (let from = 0; from === 0 || from < found.length; from += 1_000) {
        this.reads++;
        yield found.slice(from, from + 1_000);
      }
    },
    async claim(claims, dueMs, nowMs) {
      return claims.map((claim) => {
        if (all.get(claim.key)?.token !== claim.replaces?.token) return undefined;
        const row = rowOf(claim, dueMs, nowMs);
        all.set(claim.key, row);
        return row.token;
      });
    },
    async note(claims, dueMs, nowMs) {
      for (const claim of claims)
        if (all.get(claim.key)?.token === claim.token) all.set(claim.key, rowOf(claim, dueMs, nowMs));
    },
    async remove(rows) {
      for (const { key } of rows) all.delete(key);
    },
    async rest(key, version, nowMs) {
      const row = all.get(key);
      if (row?.version === version) all.set(key, { ...row, dueMs: NEVER, notedMs: nowMs, token: String(++counter) });
    },
  };
}

/** {@link BlobEventBroker} in memory. `before` is called for each message; throw from it to inject a fault. */
export function memoryBroker(): BlobEventBroker & {
  readonly events: OutgoingMessage[];
  readonly errors: OutgoingMessage[];
  before: (message: OutgoingMessage) => void | Promise<void>;
} {
  const events: OutgoingMessage[] = [];
  const errors: OutgoingMessage[] = [];
  return {
    events,
    errors,
    before: () => undefined,
    system: 'azure_storage_queue',
    queues: { events: 'events', errors: 'errors' },
    async publish(messages) {
      for (const message of messages) {
        await this.before(message);
        events.push(message);
      }
    },
    async publishError(message) {
      await this.before(message);
      errors.push(message);
    },
    lengths: async () => ({ events: events.length, errors: errors.length }),
    probe: { name: 'memory', check: () => Promise.resolve() },
    declare: () => Promise.resolve(),
    stop: () => Promise.resolve(),
  };
}

/** A listing of what the map holds when its page is asked for, in the order of the names. `between` runs before each page. */
export function memoryListing(
  blobs: ReadonlyMap<string, string>,
  pageSize = 5,
  between: (page: number) => void | Promise<void> = () => undefined,
): BlobListing {
  return {
    async *pages() {
      let last = '';
      for (let page = 0; ; page++) {
        await between(page);
        const names = [...blobs.keys()].filter((name) => name > last).sort();
        const some = names.slice(0, pageSize).map((name): ListedBlob => ({ name, etag: blobs.get(name) ?? '' }));
        yield some;
        if (names.length <= pageSize) return;
        last = some.at(-1)?.name ?? '';
      }
    },
  };
}
