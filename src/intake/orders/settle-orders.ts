/**
 * A batch of order events in; returns when every one of them is settled: done, a duplicate, filtered out, a dead letter, or
 * parked durably (O2). The same for all three backends.
 *
 * Invariants: 1. an event counts as done only after the downstream took it; 2. nothing is returned before it is written down
 * what became of each event; 3. the events of one order are looked at one after the other, in their order; 4. an order that
 * is stuck is parked, so that it holds up no other.
 */
import type { ErrorCode } from '../../domain/error-codes';
import { forgotten } from '../../domain/orders/memory';
import { orderKey, orderText, parseOrder, type OrderEvent, type OrderKey } from '../../domain/orders/order-event';
import type { OrderOrigin } from '../../domain/orders/order-origin';
import { placeAfter, turnOf, type ParkedPlace } from '../../domain/orders/order-turn';
import type { Clock } from '../../ports/clock';
import type { OrderClaim, OrderLedger } from '../../ports/order-ledger';
import type { ParkedOrder, ParkedOrders } from '../../ports/parked-orders';
import type { Logger } from '../../telemetry/logger';
import { count } from '../../telemetry/meters';
import { attributes } from '../../telemetry/names';
import type { ApplyOrder } from './apply-order';
import { eachBounded } from './bounded';
import type { BuryOrder } from './bury-order';
import type { Insist } from '../insist';
import { sharedRead } from './shared-read';
import type { OrderCounts, Settled } from './order-figures';
import type { ItemNotes } from '../../ports/item-notes';
import { orderFields, orderNote, type IncomingOrder, type OrderWork } from './order-work';

export interface SettlePorts {
  readonly ledger: OrderLedger;
  readonly parked: ParkedOrders;
  readonly apply: ApplyOrder;
  readonly bury: BuryOrder;
  readonly insist: Insist;
  readonly counts: OrderCounts;
  readonly items: ItemNotes;
  readonly clock: Clock;
  /** Different for every batch, in every process. */
  readonly unique: () => string;
  readonly logger: Logger;
}

export interface SettleSettings {
  /** Tenants whose orders are for us; undefined for all. */
  readonly tenants: ReadonlySet<string> | undefined;
  /** Orders worked on at once. */
  readonly concurrency: number;
  /** Longest that one event may be worked on before another process may take it over. */
  readonly leaseMs: number;
  /** How long what is done is remembered at the least. What is older and unknown is not applied (ADR 0012). */
  readonly retentionMs: number;
}

export type SettleOrders = (events: readonly IncomingOrder[]) => Promise<Readonly<Partial<Record<Settled, number>>>>;

export function createSettleOrders(ports: SettlePorts, settings: SettleSettings): SettleOrders {
  const { ledger, parked, insist } = ports;
  const readPlaces = sharedRead(() => parked.places());

  return async (events) => {
    const outcomes: Partial<Record<Settled, number>> = {};
    const note = (outcome: Settled): void => {
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
      ports.counts.ended(outcome);
      count('events', 1, { [attributes.pipeline]: 'orders', [attributes.outcome]: outcome });
    };
    const work = await understood(events, note);
    const orders = byOrder(work);
    if (orders.length === 0) return outcomes;

    const owner = ports.unique();
    const places = await insist('Reading what is parked', readPlaces);
    const settledBefore = await sequencesOf(orders);
    const claimedAt = ports.clock.now();
    const claims = await claimAll(work, places, owner);
    await eachBounded(orders, settings.concurrency, (ofOne) =>
      settleOrder(
        ofOne.events,
        places.get(ofOne.order) ?? [],
        settledBefore.get(ofOne.order) ?? 0,
        { all: claims, at: claimedAt },
        owner,
        note,
      ),
    );
    return outcomes;
  };

  /** Leaves out, and settles, what is no order of ours. */
  async function understood(events: readonly IncomingOrder[], note: (outcome: Settled) => void): Promise<OrderWork[]> {
    const work: OrderWork[] = [];
    for (const { payload, origin } of events) {
      const text = typeof payload === 'string' ? payload : orderText(payload);
      if (text === undefined) {
        const lossy = Buffer.from(payload as Uint8Array).toString('utf8');
        await insist('Writing a dead letter', () =>
          ports.bury({ text: lossy, origin }, 'MESSAGE_UNPARSABLE', 'The event is not UTF-8.', 1),
        );
        note('dead-lettered');
        continue;
      }
      const parsed = parseOrder(text);
      if (parsed.kind === 'rejected') {
        await insist('Writing a dead letter', () => ports.bury({ text, origin }, parsed.code, parsed.reason, 1));
        note('dead-lettered');
      } else if (settings.tenants && !settings.tenants.has(parsed.order.tenantId)) {
        note('filtered');
      } else {
        work.push({
          order: parsed.order,
          key: orderKey(parsed.order),
          text,
          origin: traced(origin, parsed.order),
          attempts: 0,
        });
      }
    }
    return work;
  }

  async function sequencesOf(orders: readonly OneOrder[]): Promise<ReadonlyMap<string, number>> {
    const asked = orders
      .filter(({ events }) => events.some((w) => w.order.sequence !== undefined))
      .map(({ order }) => order);
    return asked.length === 0 ? new Map() : insist('Reading sequences', () => ledger.sequences(asked));
  }

  async function sequenceOf({ key, order: { sequence } }: OrderWork): Promise<number> {
    if (sequence === undefined) return 0;
    return (await insist('Reading sequences', () => ledger.sequences([key.order]))).get(key.order) ?? 0;
  }

  async function claimAll(
    work: readonly OrderWork[],
    places: ReadonlyMap<string, readonly ParkedPlace[]>,
    owner: string,
  ): Promise<Map<string, OrderClaim>> {
    const wanted = new Map<string, OrderKey>();
    for (const { key } of work) if (!places.has(key.order)) wanted.set(key.event, key);
    const keys = [...wanted.values()];
    if (keys.length === 0) return new Map();
    const answers = await insist('Claiming orders', () => ledger.claim(keys, owner, settings.leaseMs));
    return new Map(answers.map((claim, i) => [keys[i]?.event ?? '', claim]));
  }

  async function settleOrder(
    events: readonly OrderWork[],
    standing: readonly ParkedPlace[],
    settledBefore: number,
    { all: claims, at: claimedAt }: { readonly all: Map<string, OrderClaim>; readonly at: number },
    owner: string,
    note: (outcome: Settled) => void,
  ): Promise<void> {
    const waiting = [...standing];
    let settled = settledBefore;
    const park = async (work: OrderWork, reason: string, dueAt: number, attempts: number): Promise<void> => {
      const entry = parkedEntry(work, waiting, reason, ports.clock.now(), dueAt, attempts);
      await insist('Parking an order', () => parked.park(entry));
      waiting.push(entry);
      ports.items.note(orderNote(work, 'waiting', entry.parkedAt, { detail: reason }));
      if (claims.get(work.key.event)?.kind === 'claimed')
        await insist('Giving a claim up', () => ledger.release([work.key], owner));
      note('parked');
    };

    for (const work of events) {
      const { sequence } = work.order;
      // The lease may be over before the delivery is, for a batch takes its time.
      const isStale = ports.clock.now() - claimedAt > settings.leaseMs / 2;
      // Who took over meanwhile may have gone on with the order. Looked at before the claim, as for the whole batch: what is
      // claimed was not settled then, however long this process stands still between the two.
      if (isStale) settled = Math.max(settled, await sequenceOf(work));
      const claim = (isStale ? undefined : claims.get(work.key.event)) ?? (await claimOne(work, owner));
      // The second of two equal events in one batch finds what became of the first.
      claims.delete(work.key.event);
      if (claim.kind === 'done') {
        ports.logger.info('Order is a duplicate of one already done', orderFields(work));
        note('duplicate');
        continue;
      }
      const turn = turnOf({ event: work.key.event, sequence, parked: waiting, settled });
      if (turn.kind === 'parked') {
        if (claim.kind === 'claimed') await insist('Giving a claim up', () => ledger.release([work.key], owner));
        note('duplicate');
        continue;
      }
      if (claim.kind === 'held') {
        await park(work, 'Another process works on it, or died with it.', lookAgainAt(claim, ports.clock.now()), 0);
        continue;
      }
      claims.set(work.key.event, claim);
      const now = ports.clock.now();
      const giveUp = async (code: ErrorCode, reason: string): Promise<void> => {
        await insist('Writing a dead letter', () => ports.bury(work, code, reason, 1));
        await settle(work, 'dead-lettered', owner, note);
      };
      const unknown = forgotten(work.origin.enqueuedAt, now, settings.retentionMs);
      if (unknown !== undefined) {
        await giveUp('ORDER_TOO_OLD', unknown);
      } else if (turn.kind === 'behind') {
        await park(work, 'An earlier event of this order waits.', now, 0);
      } else if (turn.kind === 'gap') {
        await park(work, `Sequence ${turn.waitsFor} of this order has not come yet.`, now, 0);
      } else if (turn.kind === 'late') {
        await giveUp('ORDER_LATE', `Sequence ${sequence} came after ${turn.settled} had been settled.`);
      } else {
        const applied = await insist('Applying an order', () => ports.apply(work));
        if (applied.kind === 'wait') {
          await park(work, applied.reason, applied.dueAt, applied.attempts);
        } else {
          await settle(work, applied.outcome, owner, note);
          if (sequence !== undefined) settled = Math.max(settled, sequence);
        }
      }
      claims.delete(work.key.event);
    }
  }

  async function claimOne(work: OrderWork, owner: string): Promise<OrderClaim> {
    const [claim] = await insist('Claiming orders', () => ledger.claim([work.key], owner, settings.leaseMs));
    return claim ?? { kind: 'held', until: ports.clock.now() };
  }

  async function settle(
    { key, order }: OrderWork,
    outcome: 'done' | 'dead-lettered',
    owner: string,
    note: (outcome: Settled) => void,
  ): Promise<void> {
    await insist('Marking an order', () => ledger.settle([{ key, outcome, sequence: order.sequence }], owner));
    note(outcome);
  }
}

/** A header says it before the payload does. */
function traced(origin: OrderOrigin, { traceparent }: OrderEvent): OrderOrigin {
  return origin.traceparent === undefined && traceparent !== undefined ? { ...origin, traceparent } : origin;
}

/** Mostly the other is done within moments; only of one that died the whole lease has to be waited for. */
export function lookAgainAt({ until }: { readonly until: number }, now: number): number {
  return Math.min(until, now + HELD_LOOK_MS);
}

const HELD_LOOK_MS = 1_000;

/** How an event is kept while it waits. */
export function parkedEntry(
  work: OrderWork,
  /** What is parked of its order. */
  waiting: readonly ParkedPlace[],
  reason: string,
  now: number,
  dueAt: number,
  attempts: number,
): ParkedOrder {
  const { key, order, text, origin } = work;
  const place = placeAfter(waiting, now, key.event);
  return {
    order: key.order,
    event: key.event,
    place,
    sequence: order.sequence,
    text,
    origin,
    attempts,
    parkedAt: now,
    dueAt,
    reason,
  };
}

interface OneOrder {
  readonly order: string;
  readonly events: OrderWork[];
}

/** Groups by order, in order of arrival; where all events of an order carry a sequence, by that. */
function byOrder(work: readonly OrderWork[]): OneOrder[] {
  const groups = new Map<string, OneOrder>();
  for (const one of work) {
    const group = groups.get(one.key.order);
    if (group) group.events.push(one);
    else groups.set(one.key.order, { order: one.key.order, events: [one] });
  }
  for (const { events } of groups.values())
    if (events.every((w) => w.order.sequence !== undefined))
      events.sort((a, b) => (a.order.sequence ?? 0) - (b.order.sequence ?? 0));
  return [...groups.values()];
}
