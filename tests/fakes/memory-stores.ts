import type { ParkedPlace } from '../../src/domain/orders/order-turn';
import type { ParkedOrder, ParkedOrders } from '../../src/ports/parked-orders';
import type { DirectUpload } from '../../src/domain/media/direct-upload';
import type { DirectUploads } from '../../src/ports/direct-uploads';
import { LeaseSightings } from '../../src/domain/lease-sightings';
import type { DeadLetterWithBody } from '../../src/domain/dead-letter';
import { isLatest, mergeRecords, type MediaRecord } from '../../src/domain/media/media-record';
import type { DeadLetterStore } from '../../src/ports/dead-letter-store';
import type { GroupInbox, Inbox } from '../../src/ports/inbox';
import type { MediaRecords } from '../../src/ports/media-records';
import type { MessageQueue } from '../../src/ports/message-queue';
import type { WatchState, WatchStore, WatchTotals } from '../../src/ports/watch-store';
import type { Orchestrations } from '../../src/ports/orchestrations';
import type { PlainLogger } from '../../src/telemetry/logger';
import type { TestClock } from './test-clock';

export function memoryInbox(clock: TestClock): Inbox {
  const rows = new Map<string, { owner: string; until: number; outcome?: string; released?: true }>();
  return {
    async claim(key, owner, leaseMs) {
      const row = rows.get(key);
      if (row?.outcome !== undefined) return { kind: 'done', outcome: row.outcome };
      if (row && row.owner !== owner && row.until > clock.now())
        return { kind: 'held', by: row.owner, until: row.until };
      rows.set(key, { owner, until: clock.now() + leaseMs });
      return { kind: 'claimed' };
    },
    async complete(key, owner, outcome) {
      const row = rows.get(key);
      if (row?.outcome === undefined) rows.set(key, { owner, until: 0, outcome });
    },
    async release(key, owner) {
      const row = rows.get(key);
      if (row?.owner === owner && row.outcome === undefined) rows.set(key, { owner, until: 0, released: true });
    },
    async look(key) {
      const row = rows.get(key);
      if (!row) return { kind: 'unknown' };
      if (row.outcome !== undefined) return { kind: 'done', outcome: row.outcome };
      return { kind: row.released ? 'released' : 'claimed' };
    },
  };
}

export function memoryGroupInbox(clock: TestClock, monotonic: () => number): GroupInbox {
  const sightings = new LeaseSightings();
  interface Row {
    owner: string;
    until: number;
    failures?: number;
    failedBy?: string;
    told?: boolean;
  }
  const inbox = new Map<string, Row>();
  return {
    async claimAll(group, keys, owner, leaseMs) {
      return keys.map((key) => {
        const held = inbox.get(`${group}\n${key}`);
        const ended = held && sightings.hasEnded(key, `${held.owner} ${held.until}`, monotonic(), leaseMs);
        if (held && held.owner !== owner && held.until > clock.now() && !ended)
          return { kind: 'held' as const, by: held.owner, until: held.until };
        inbox.set(`${group}\n${key}`, { ...held, owner, until: clock.now() + leaseMs });
        return { kind: 'claimed' as const };
      });
    },
    async releaseAll(group, keys, owner) {
      for (const key of keys) if (inbox.get(`${group}\n${key}`)?.owner === owner) inbox.delete(`${group}\n${key}`);
    },
    async endAll(group, keys, owner) {
      for (const key of keys) {
        const row = inbox.get(`${group}\n${key}`);
        if (row?.owner === owner) row.until = clock.now();
      }
    },
    async failAll(group, keys, owner, keepClaims = false) {
      return keys.map((key) => {
        const row: Row = inbox.get(`${group}\n${key}`) ?? { owner: '', until: 0 };
        if (row.failedBy !== owner) row.failures = (row.failures ?? 0) + 1;
        row.failedBy = owner;
        if (!keepClaims && (row.owner === owner || row.owner === '')) row.until = clock.now();
        inbox.set(`${group}\n${key}`, row);
        return { failures: row.failures ?? 1, told: row.told ?? false };
      });
    },
    async noteTold(group, key) {
      inbox.set(`${group}\n${key}`, { ...(inbox.get(`${group}\n${key}`) ?? { owner: '', until: 0 }), told: true });
    },
    async forget(group, key) {
      inbox.delete(`${group}\n${key}`);
    },
    async tidy(group, beforeMs) {
      const old = [...inbox].filter(([key, { until }]) => key.startsWith(`${group}\n`) && until < beforeMs);
      for (const [key] of old) inbox.delete(key);
      return old.length;
    },
  };
}

export function memoryWatch(state?: WatchState): WatchStore {
  let current = state;
  let totals: WatchTotals = { processedOk: 0, processedErr: 0, bytes: 0, lastError: null };
  return {
    read: async () => current,
    async change(next) {
      const before = current;
      current = next(before) ?? before;
      return before;
    },
    totals: async () => totals,
    async add({ processedOk, processedErr, bytes, lastError }) {
      totals = {
        processedOk: totals.processedOk + processedOk,
        processedErr: totals.processedErr + processedErr,
        bytes: totals.bytes + bytes,
        lastError: lastError ?? totals.lastError,
      };
    },
  };
}

export function memoryMediaRecords(): MediaRecords & { readonly all: Map<string, MediaRecord> } {
  const all = new Map<string, MediaRecord>();
  const change = (key: string, next: MediaRecord): void => void all.set(key, mergeRecords(all.get(key), next));
  return {
    all,
    async put(record) {
      change(`${record.id} ${record.etag}`, record);
      const latest = all.get(record.id);
      if (isLatest(record, latest))
        all.set(record.id, mergeRecords(latest?.etag === record.etag ? latest : undefined, record));
    },
    get: async (id, etag) => all.get(etag === undefined ? id : `${id} ${etag}`),
  };
}

export function memoryDeadLetters(): DeadLetterStore & { readonly all: Map<string, DeadLetterWithBody> } {
  const all = new Map<string, DeadLetterWithBody>();
  return {
    all,
    async add(letter) {
      if (all.has(letter.id)) return;
      const newest = [...all.values()]
        .filter(({ pipeline, message }) => pipeline === letter.pipeline && message === letter.message)
        .reduce<string | undefined>((least, { id }) => (least === undefined || id < least ? id : least), undefined);
      all.set(letter.id, newest === undefined || newest < letter.id ? letter : { ...letter, replayOf: newest });
    },
    async list(filter, pageSize, continuation) {
      const matching = [...all.values()]
        .filter((l) => !filter.pipeline || l.pipeline === filter.pipeline)
        .filter((l) => !filter.code || l.code === filter.code)
        .filter((l) => !filter.state || l.state === filter.state)
        .filter((l) => !filter.tenantId || l.keys['tenantId'] === filter.tenantId)
        .filter((l) => !filter.orderId || l.keys['orderId'] === filter.orderId)
        .filter((l) => !filter.since || l.createdAt >= filter.since)
        .filter((l) => !filter.until || l.createdAt < filter.until)
        .sort((a, b) => (a.id < b.id ? -1 : 1));
      const after = matching.filter((l) => continuation === undefined || l.id > continuation);
      const items = after.slice(0, pageSize).map(({ message: _message, ...rest }) => rest);
      return { items, ...(after.length > pageSize ? { continuation: items.at(-1)!.id } : {}) };
    },
    get: async (id) => all.get(id),
    async close(id, state, closedAt) {
      const letter = all.get(id);
      if (letter?.state !== 'open') return false;
      all.set(id, { ...letter, state, closedAt });
      return true;
    },
    async removeClosed(before) {
      const old = [...all.values()].filter(({ closedAt }) => closedAt !== undefined && Date.parse(closedAt) < before);
      for (const { id } of old) all.delete(id);
      return old.length;
    },
  };
}

export function memoryDirectUploads(): DirectUploads & { readonly all: Map<string, DirectUpload> } {
  const all = new Map<string, DirectUpload>();
  return { all, put: async (upload) => void all.set(upload.id, upload), get: async (id) => all.get(id) };
}

export function memoryParkedOrders(): ParkedOrders & { readonly all: Map<string, ParkedOrder> } {
  const all = new Map<string, ParkedOrder>();
  const keyOf = (order: string, place: string): string => `${order} ${place}`;
  return {
    all,
    async places() {
      const found = new Map<string, ParkedPlace[]>();
      for (const { order, event, place, sequence, parkedAt, dueAt } of all.values())
        found.set(order, [...(found.get(order) ?? []), { event, place, sequence, parkedAt, dueAt }]);
      return found;
    },
    park: async (entry) => void all.set(keyOf(entry.order, entry.place), entry),
    postpone: async (entry) => {
      const key = keyOf(entry.order, entry.place);
      if (all.has(key)) all.set(key, entry);
    },
    load: async (order, place) => all.get(keyOf(order, place)),
    remove: async (order, place) => void all.delete(keyOf(order, place)),
  };
}

export function memoryQueue(): MessageQueue & { readonly sent: { queue: string; text: string }[] } {
  const sent: { queue: string; text: string }[] = [];
  return { sent, send: async (queue, text) => void sent.push({ queue, text }) };
}

export interface StartedInstance {
  readonly name: string;
  readonly id: string;
  readonly input: unknown;
  readonly traceparent: string | undefined;
}

export function memoryOrchestrations(): Orchestrations & {
  readonly started: StartedInstance[];
  readonly running: Set<string>;
  /** Outputs of those that ended. */
  readonly outputs: Map<string, unknown>;
} {
  const started: StartedInstance[] = [];
  const running = new Set<string>();
  const outputs = new Map<string, unknown>();
  const orchestrations: ReturnType<typeof memoryOrchestrations> = {
    started,
    running,
    outputs,
    async look(id) {
      if (running.has(id)) return { kind: 'running' };
      return outputs.has(id) ? { kind: 'ended', output: outputs.get(id) } : { kind: 'unknown' };
    },
    isRunning: async (id) => running.has(id),
    start: (...args) => orchestrations.ensureStarted(...args),
    // Nothing ends while it is waited for here.
    async run(name, id, input, { traceparent }) {
      await orchestrations.ensureStarted(name, id, input, traceparent);
      return { kind: 'running' };
    },
    async ensureStarted(name, id, input, traceparent) {
      if (running.has(id)) return 'running';
      running.add(id);
      started.push({ name, id, input, traceparent });
      return 'started';
    },
  };
  return orchestrations;
}

export const silentLogger: PlainLogger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  plain: () => undefined,
};
