/**
 * Takes up parked orders whose time has come, each order from its head on until one has to wait again (O2). Runs on a timer; a
 * second run at the same time does no harm, since every event is claimed.
 */
import { parseOrder } from '../../domain/orders/order-event';
import { inTurn, turnOf, type ParkedPlace } from '../../domain/orders/order-turn';
import type { Clock } from '../../ports/clock';
import type { OrderLedger } from '../../ports/order-ledger';
import type { ParkedOrder, ParkedOrders } from '../../ports/parked-orders';
import type { Logger } from '../../telemetry/logger';
import type { ApplyOrder } from './apply-order';
import { eachBounded } from './bounded';
import type { BuryOrder } from './bury-order';
import type { OrderCounts } from './order-figures';
import { lookAgainAt } from './settle-orders';
import { orderFields, type OrderWork } from './order-work';

export interface ResumePorts {
  readonly ledger: OrderLedger;
  readonly parked: ParkedOrders;
  readonly apply: ApplyOrder;
  readonly bury: BuryOrder;
  readonly counts: OrderCounts;
  readonly clock: Clock;
  readonly unique: () => string;
  readonly logger: Logger;
}

export interface ResumeSettings {
  readonly concurrency: number;
  readonly leaseMs: number;
  /** How long an event waits for the one before it, by sequence. */
  readonly gapWaitMs: number;
}

export interface Resumed {
  /** Events that left the parking. */
  readonly settled: number;
  /** Orders that are still parked. */
  readonly orders: number;
}

export type ResumeOrders = () => Promise<Resumed>;

export function createResumeOrders(ports: ResumePorts, settings: ResumeSettings): ResumeOrders {
  const { ledger, parked, clock } = ports;

  return async () => {
    const places = await parked.places();
    const now = clock.now();
    const due = [...places]
      .map(([order, all]) => ({ order, all: inTurn(all) }))
      .filter(({ all }) => (all[0]?.dueAt ?? Infinity) <= now);
    const sequenced = due.filter(({ all }) => all.some((p) => p.sequence !== undefined)).map(({ order }) => order);
    const sequences = sequenced.length === 0 ? new Map<string, number>() : await ledger.sequences(sequenced);
    let settled = 0;
    let emptied = 0;
    await eachBounded(due, settings.concurrency, async ({ order, all }) => {
      const count = await resumeOrder(order, all, sequences.get(order) ?? 0);
      settled += count;
      if (count === all.length) emptied++;
    });
    return { settled, orders: places.size - emptied };
  };

  /** How many of them left. */
  async function resumeOrder(order: string, places: readonly ParkedPlace[], settledBefore: number): Promise<number> {
    let settled = settledBefore;
    let left = 0;
    for (const place of places) {
      const entry = await parked.load(order, place.place);
      if (entry) {
        const outcome = await resumeOne(entry, settled);
        if (outcome === 'waits') return left;
        if (entry.sequence !== undefined) settled = Math.max(settled, entry.sequence);
        await parked.remove(order, place.place);
      }
      left++;
    }
    return left;
  }

  async function resumeOne(entry: ParkedOrder, settled: number): Promise<'left' | 'waits'> {
    const now = clock.now();
    if (entry.dueAt > now) return 'waits';
    const parsed = parseOrder(entry.text);
    // It was an order when it was parked; a release that understands less must not throw it away.
    if (parsed.kind === 'rejected') return wait(entry, now + settings.leaseMs, entry.attempts, parsed.reason);
    const key = { order: entry.order, event: entry.event };
    const work: OrderWork = {
      order: parsed.order,
      key,
      text: entry.text,
      origin: entry.origin,
      attempts: entry.attempts,
    };
    const owner = ports.unique();

    const claim = entry.replayed
      ? await ledger.reclaim(key, owner, settings.leaseMs)
      : (await ledger.claim([key], owner, settings.leaseMs))[0];
    if (claim?.kind === 'done') {
      ports.logger.info('Order is a duplicate of one already done', orderFields(work));
      return 'left';
    }
    if (claim?.kind === 'held') return wait(entry, lookAgainAt(claim, now), entry.attempts, entry.reason);
    const gapOver = entry.replayed === true || now - entry.parkedAt > settings.gapWaitMs;
    const turn = turnOf({ event: key.event, sequence: entry.sequence, parked: [], settled, gapOver });
    if (turn.kind === 'gap') {
      await ledger.release([key], owner);
      return 'waits';
    }
    if (turn.kind === 'late' && !entry.replayed) {
      await ports.bury(
        work,
        'ORDER_LATE',
        `Sequence ${entry.sequence} came after ${turn.settled} had been settled.`,
        1,
      );
      await ledger.settle([{ key, outcome: 'dead-lettered', sequence: entry.sequence }], owner);
      ports.counts.ended('dead-lettered');
      return 'left';
    }
    if (gapOver && entry.sequence !== undefined && entry.sequence > settled + 1)
      ports.logger.warn('Order goes on without what never came', {
        pipeline: 'orders',
        sequence: entry.sequence,
        settled,
      });
    const applied = await ports.apply(work);
    if (applied.kind === 'settled') {
      await ledger.settle([{ key, outcome: applied.outcome, sequence: entry.sequence }], owner);
      ports.counts.ended(applied.outcome);
      return 'left';
    }
    const waits = await wait(entry, applied.dueAt, applied.attempts, applied.reason);
    await ledger.release([key], owner);
    return waits;
  }

  async function wait(entry: ParkedOrder, dueAt: number, attempts: number, reason: string): Promise<'waits'> {
    await parked.postpone({ ...entry, dueAt, attempts, reason });
    return 'waits';
  }
}
