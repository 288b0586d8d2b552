/** Sends demo orders at a rate: whatever is due at a beat goes as one batch, one batch after the other. */
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import type { OrderPublisher } from '../../src/ports/order-publisher';
import { demoOrders, type DemoOrder } from './demo-orders';
import type { PublishCounts } from './publish-progress';
import type { PublishOptions } from './publish-options';

const BEAT_MS = 20;
/** Most in one batch: a backend that cannot keep up must not be given everything at once. */
const BATCH = 500;

export interface Published {
  readonly counts: PublishCounts;
  readonly seconds: number;
}

/**
 * @param onProgress called after each batch
 * @throws what the publisher throws; `onProgress` has heard what was sent before
 */
export async function publishOrders(
  options: Pick<PublishOptions, 'rate' | 'count' | 'poison' | 'duplicates' | 'tenants'>,
  publisher: OrderPublisher,
  onProgress: (published: Published) => void,
  stopped: AbortSignal,
): Promise<Published> {
  const orders = demoOrders({ ...options, run: Date.now().toString(36), random: Math.random });
  const counts = { sent: 0, order: 0, duplicate: 0, poison: 0 };
  const began = performance.now();
  const state = (): Published => ({ counts: { ...counts }, seconds: (performance.now() - began) / 1000 });
  while (counts.sent < options.count && !stopped.aborted) {
    const due = Math.min(options.count, Math.ceil(((performance.now() - began) / 1000) * options.rate));
    const batch: DemoOrder[] = [];
    while (batch.length < Math.min(BATCH, due - counts.sent)) batch.push(orders.next().value);
    if (batch.length === 0) {
      await delay(BEAT_MS, undefined, { signal: stopped }).catch(() => undefined);
      continue;
    }
    await publisher.send(batch);
    counts.sent += batch.length;
    for (const { kind } of batch) counts[kind]++;
    onProgress(state());
  }
  return state();
}
