/** The orders handler over stores in memory, in processes that can be killed at any call of a port. */
import { noItemNotes } from '../../../../../src/intake/item-notes';
import { createMemoryOrderLedger } from '../../../../../src/adapters/memory/order-ledger';
import { createApplyOrder } from '../../../../../src/intake/orders/apply-order';
import { createBuryOrder } from '../../../../../src/intake/orders/bury-order';
import { createInsist } from '../../../../../src/intake/insist';
import { OrderCounts } from '../../../../../src/intake/orders/order-figures';
import type { IncomingOrder } from '../../../../../src/intake/orders/order-work';
import { createReplayOrder } from '../../../../../src/intake/orders/replay-order';
import { createResumeOrders } from '../../../../../src/intake/orders/resume-orders';
import { createSettleOrders } from '../../../../../src/intake/orders/settle-orders';
import type { Delivered, OrderDelivery } from '../../../../../src/ports/downstream';
import { memoryDeadLetters, memoryParkedOrders, silentLogger } from '../../../../fakes/memory-stores';
import { TestClock } from '../../../../fakes/test-clock';

export const settings = {
  tenants: undefined as ReadonlySet<string> | undefined,
  concurrency: 4,
  leaseMs: 60_000,
  retentionMs: 30 * 86_400_000,
  gapWaitMs: 300_000,
  maxAttempts: 5,
  breaker: { threshold: 1000, openMs: 10_000 },
};

export type Answer = (delivery: OrderDelivery) => Delivered;

/** A process: it dies after so many calls of its ports, or never. */
export function ordersWorld(over: Partial<typeof settings> = {}) {
  const clock = new TestClock();
  clock.advance(Date.UTC(2026, 0, 1) - clock.now());
  const ledger = createMemoryOrderLedger(clock);
  const parked = memoryParkedOrders();
  const deadLetters = memoryDeadLetters();
  /** Texts in the order in which the downstream took them first, by idempotency key. */
  const effects = new Map<string, string>();
  let processes = 0;
  const world = {
    clock,
    ledger,
    parked,
    deadLetters,
    effects,
    /** All deliveries, repeated ones included. */
    deliveries: [] as OrderDelivery[],
    answer: (() => ({ kind: 'delivered' })) as Answer,
    process(
      callsToLive = Infinity,
      random: () => number = () => 0.5,
      /** Before it hears an answer of the downstream. */
      pause: () => Promise<void> = () => Promise.resolve(),
    ) {
      let calls = 0;
      const mortal = <T extends object>(port: T): T =>
        new Proxy(port, {
          get: (target, name) => {
            const method = Reflect.get(target, name) as unknown;
            if (typeof method !== 'function') return method;
            return (...args: unknown[]): unknown =>
              // Dead before the call, or after it took effect: either way nobody hears the answer.
              ++calls > callsToLive
                ? never()
                : Promise.resolve(Reflect.apply(method, target, args) as unknown).then((value) =>
                    calls >= callsToLive ? never() : value,
                  );
          },
        });
      const downstream = mortal({
        deliver: async (delivery: OrderDelivery): Promise<Delivered> => {
          world.deliveries.push(delivery);
          const answer = world.answer(delivery);
          if (answer.kind === 'delivered' && !effects.has(delivery.idempotencyKey))
            effects.set(delivery.idempotencyKey, delivery.text);
          await pause();
          return answer;
        },
      });
      const all = { ...settings, ...over };
      const sleep = async (ms: number): Promise<void> => clock.advance(ms);
      const base = { counts: new OrderCounts(), items: noItemNotes, clock, sleep, random, logger: silentLogger };
      const bury = createBuryOrder({ ...base, deadLetters: mortal(deadLetters) });
      const apply = createApplyOrder({ ...base, downstream, bury }, all);
      const insist = createInsist({ ...base, pipeline: 'orders', stopping: new AbortController().signal });
      let batches = 0;
      const name = ++processes;
      const unique = (): string => `${name}-${++batches}`;
      const ports = { ...base, ledger: mortal(ledger), parked: mortal(parked), apply, bury, insist, unique };
      return {
        replay: createReplayOrder({ ...ports, parked }),
        settle: createSettleOrders(ports, all),
        resume: createResumeOrders(ports, all),
        isDead: () => calls >= callsToLive,
      };
    },
  };
  return world;
}

export type OrdersWorld = ReturnType<typeof ordersWorld>;

export function event(fields: Record<string, unknown>, position = '0/0'): IncomingOrder {
  const text = JSON.stringify({ schemaVersion: '1.0', tenantId: 't', orderId: 'o', requestId: 'r', ...fields });
  return { payload: text, origin: { backend: 'kafka', source: 'orders', position, enqueuedAt: Date.UTC(2026, 0, 1) } };
}

function never(): Promise<never> {
  return new Promise(() => undefined);
}
