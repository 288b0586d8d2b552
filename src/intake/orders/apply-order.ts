/**
 * Brings one event to its end, or says until when it has to wait: the quick retries happen here, the long ones by parking, so
 * that no order holds up another (O2).
 */
import {
  admit,
  closedBreaker,
  failed,
  succeeded,
  type BreakerSettings,
  type BreakerState,
} from '../../domain/circuit-breaker';
import { backoffMs } from '../../domain/orders/backoff';
import type { Clock } from '../../ports/clock';
import type { Delivered, Downstream } from '../../ports/downstream';
import type { Logger } from '../../telemetry/logger';
import { count, gauge, record } from '../../telemetry/meters';
import { attributes, messageAttributes, spans } from '../../telemetry/names';
import { inSpan, SpanKind, traceparentOf } from '../../telemetry/tracing';
import type { BuryOrder } from './bury-order';
import type { OrderCounts } from './order-figures';
import type { ItemNotes } from '../../ports/item-notes';
import { orderFields, orderNote, type OrderWork } from './order-work';

export type Applied =
  | { readonly kind: 'settled'; readonly outcome: 'done' | 'dead-lettered' }
  | { readonly kind: 'wait'; readonly dueAt: number; readonly attempts: number; readonly reason: string };

export type ApplyOrder = (work: OrderWork) => Promise<Applied>;

export interface ApplySettings {
  /** Deliveries of one event before it becomes a dead letter. */
  readonly maxAttempts: number;
  readonly breaker: BreakerSettings;
}

export interface ApplyPorts {
  /** Undefined: orders are only logged. */
  readonly downstream: Downstream | undefined;
  readonly bury: BuryOrder;
  readonly counts: OrderCounts;
  readonly items: ItemNotes;
  readonly clock: Clock;
  readonly sleep: (ms: number) => Promise<void>;
  /** 0 to 1. */
  readonly random: () => number;
  readonly logger: Logger;
}

/** Retried at once, within the batch. */
const QUICK_TRIES = 2;
const QUICK = { firstMs: 50, mostMs: 200 };
const PARKED = { firstMs: 1_000, mostMs: 5 * 60_000 };

/** `messaging.system` by OpenTelemetry's conventions; they have no name for storage queues. */
const MESSAGING_SYSTEMS = { kafka: 'kafka', eventhub: 'eventhubs', queue: 'azure_storage_queue' } as const;

export function createApplyOrder(ports: ApplyPorts, settings: ApplySettings): ApplyOrder {
  let breaker: BreakerState = closedBreaker;

  async function deliver(work: OrderWork, traceparent: string | undefined): Promise<Delivered> {
    if (!ports.downstream) return { kind: 'delivered' };
    const idempotencyKey = work.key.event;
    const result = await ports.downstream.deliver({ text: work.text, idempotencyKey, traceparent });
    breaker = result.kind === 'unavailable' ? failed(breaker, ports.clock.now(), settings.breaker) : succeeded();
    return result;
  }

  async function apply(work: OrderWork, traceparent: string | undefined): Promise<Applied> {
    for (let tries = 1, { attempts } = work; ; tries++) {
      const now = ports.clock.now();
      const admission = admit(breaker, now, settings.breaker);
      if (!admission.admitted) {
        count('ordersRested', 1);
        // Spread out, so that not everything comes at once when it is over.
        const dueAt = admission.retryAt + Math.round(ports.random() * settings.breaker.openMs);
        return { kind: 'wait', dueAt, attempts, reason: 'The downstream service is given a rest after failing often.' };
      }
      breaker = admission.state;
      const result = await deliver(work, traceparent);
      if (result.kind === 'delivered') return { kind: 'settled', outcome: 'done' };
      attempts++;
      if (result.kind === 'refused') {
        await ports.bury(work, 'ORDER_REFUSED', result.reason, attempts);
        return { kind: 'settled', outcome: 'dead-lettered' };
      }
      if (attempts >= settings.maxAttempts) {
        await ports.bury(work, 'ORDER_UNDELIVERED', result.reason, attempts);
        return { kind: 'settled', outcome: 'dead-lettered' };
      }
      count('retries', 1);
      ports.counts.retried();
      if (tries < QUICK_TRIES && result.retryAfterMs === undefined) {
        await ports.sleep(backoffMs(tries, QUICK, ports.random()));
        continue;
      }
      const wait = Math.max(backoffMs(attempts, PARKED, ports.random()), result.retryAfterMs ?? 0);
      return { kind: 'wait', dueAt: ports.clock.now() + wait, attempts, reason: result.reason };
    }
  }

  return (work) => {
    const began = ports.clock.now();
    const fields = orderFields(work);
    const spanAttributes = {
      ...messageAttributes({
        ...{ system: MESSAGING_SYSTEMS[work.origin.backend], destination: work.origin.source, operation: 'process' },
        pipeline: 'orders',
      }),
      [attributes.orderId]: work.order.orderId,
      [attributes.tenantId]: work.order.tenantId,
    };
    const options = { kind: SpanKind.CONSUMER, parent: work.origin.traceparent, attributes: spanAttributes };
    return inSpan(spans.order, options, async (span) => {
      gauge('workerConcurrency', ports.counts.working(1));
      const applied = await apply(work, traceparentOf(span) ?? work.origin.traceparent).finally(() => {
        gauge('workerConcurrency', ports.counts.working(-1));
      });
      if (applied.kind === 'wait') {
        const { reason: detail, attempts } = applied;
        ports.logger.warn('Order waits', { ...fields, attempts, reason: detail });
        ports.items.note(orderNote(work, 'waiting', ports.clock.now(), { detail, attempts }));
        return applied;
      }
      if (applied.outcome === 'done') {
        count('ordersProcessed', 1, { [attributes.backend]: work.origin.backend });
        ports.logger.info('Order processed', fields);
        ports.items.note(orderNote(work, 'done', ports.clock.now()));
      }
      const since = work.origin.enqueuedAt || began;
      const tookMs = Math.max(0, ports.clock.now() - since);
      ports.counts.took(tookMs);
      record('orderDuration', tookMs / 1000, { [attributes.outcome]: applied.outcome });
      return applied;
    });
  };
}
