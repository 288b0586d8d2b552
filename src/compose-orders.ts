/** The wiring of the orders pipeline; part of composition.ts. */
import { setTimeout as delay } from 'node:timers/promises';
import type { StorageClients } from './adapters/azure-storage/clients';
import { createOrderLedger } from './adapters/azure-storage/order-ledger';
import { createParkedOrders } from './adapters/azure-storage/parked-orders';
import { createHttpDownstream } from './adapters/downstream/http-downstream';
import { createMemoryOrderLedger } from './adapters/memory/order-ledger';
import { composeOrderBackends } from './compose-order-backends';
import type { Config } from './config/config';
import { removable } from './domain/orders/memory';
import { PARKED_CONTAINER, tables } from './domain/storage-layout';
import { createApplyOrder } from './intake/orders/apply-order';
import { reportBackends } from './intake/orders/backend-report';
import { createBuryOrder } from './intake/orders/bury-order';
import { createInsist } from './intake/insist';
import { createReplayOrder } from './intake/orders/replay-order';
import { OrderCounts } from './intake/orders/order-figures';
import { createResumeOrders } from './intake/orders/resume-orders';
import { createSettleOrders } from './intake/orders/settle-orders';
import type { Clock } from './ports/clock';
import type { DeadLetterStore } from './ports/dead-letter-store';
import type { ItemNotes } from './ports/item-notes';
import type { Logger } from './telemetry/logger';
import { observe } from './telemetry/meters';
import { attributes } from './telemetry/names';

export interface OrderPorts {
  readonly clients: StorageClients;
  readonly clock: Clock;
  readonly deadLetters: DeadLetterStore;
  readonly items: ItemNotes;
  readonly logger: Logger;
  readonly unique: () => string;
}

/** The handler of orders, the same for every backend. */
export function composeOrders(config: Config, { clients, clock, deadLetters, items, logger, unique }: OrderPorts) {
  const settings = config.orders;
  const backends = composeOrderBackends(config, clients);
  const stop = new AbortController();
  const sleep = (ms: number): Promise<void> => delay(ms, undefined, { signal: stop.signal });
  const ledger =
    settings.ledger === 'memory' ? createMemoryOrderLedger(clock) : createOrderLedger(clients, tables.orders, clock);
  const parked = createParkedOrders(clients, tables.parked, PARKED_CONTAINER);
  const bury = createBuryOrder({ deadLetters, clock, logger });
  const downstream =
    settings.callback && createHttpDownstream({ ...settings.callback, connections: settings.concurrency });
  const counts = new OrderCounts();
  const apply = createApplyOrder(
    { counts, items, downstream, bury, clock, sleep, random: Math.random, logger },
    settings,
  );
  const insist = createInsist({ sleep, logger, stopping: stop.signal, pipeline: 'orders' });
  const ports = { counts, items, ledger, parked, apply, bury, insist, clock, unique, logger };
  const parkedCount = async (): Promise<number> =>
    [...(await parked.places()).values()].reduce((sum, places) => sum + places.length, 0);
  observe('backlog', async () => {
    const { backends: states, parked: waiting } = await reportBackends(backends.all, parkedCount);
    return [
      ...states.flatMap(({ backend, backlog }) => (backlog === null ? [] : [[backlog, backend] as const])),
      [waiting, 'parked'] as const,
    ].map(([value, backend]) => ({ value, attributes: { [attributes.backend]: backend } }));
  });
  return {
    settle: createSettleOrders(ports, settings),
    resume: createResumeOrders(ports, settings),
    replay: createReplayOrder(ports),
    /** Removes what is older than the retention and a margin; says how much. */
    expire: () => ledger.expire(removable(clock.now(), settings.retentionMs)),
    report: () => reportBackends(backends.all, parkedCount),
    probes: backends.probes,
    figures: () => counts.figures(),
    /** Lets what waits for storage or for its next try go, undone. */
    async stop(): Promise<void> {
      stop.abort();
      await backends.stop();
    },
  };
}
