/** Demo orders through the queue `orders`, as a publisher of the `queue` backend sends them. */
import { existsSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { createStorageClients } from '../../src/adapters/azure-storage/clients';
import { createMessageQueue } from '../../src/adapters/azure-storage/message-queue';
import type { StorageAccess } from '../../src/config/storage-access';
import { ORDERS_QUEUE } from '../../src/domain/storage-layout';
import { demoOrders } from '../orders/demo-orders';

const EVENTS = 25;

export interface OrdersDemo {
  readonly settled: number;
  readonly sent: number;
}

/** Sends them and waits until all are settled, or time is up; undefined when an earlier start did. */
export async function runOrdersDemo(
  base: string,
  access: StorageAccess,
  stateFile: string,
  limitMs: number,
  signal: AbortSignal,
): Promise<OrdersDemo | undefined> {
  if (existsSync(stateFile)) return undefined;
  const before = await settledCount(base);
  const queue = createMessageQueue(createStorageClients(access));
  const orders = demoOrders({
    poison: 0,
    duplicates: 0,
    tenants: ['acme', 'globex'],
    run: 'demo',
    random: Math.random,
  });
  for (let i = 0; i < EVENTS; i++) await queue.send(ORDERS_QUEUE, orders.next().value.text);
  writeFileSync(stateFile, JSON.stringify({ sent: EVENTS }));
  for (const end = Date.now() + limitMs; ;) {
    const settled = (await settledCount(base)) - before;
    if (settled >= EVENTS || Date.now() > end || signal.aborted) return { settled, sent: EVENTS };
    await delay(200, undefined, { signal }).catch(() => undefined);
  }
}

async function settledCount(base: string): Promise<number> {
  const answer = await fetch(`${base}/v1/status/orders`);
  const { outcomes = {} } = (await answer.json()) as { outcomes?: Record<string, number> };
  return (outcomes['done'] ?? 0) + (outcomes['dead-lettered'] ?? 0);
}
