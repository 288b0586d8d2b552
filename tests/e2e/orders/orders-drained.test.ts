/** A host that is told to stop finishes the orders that it has in hand, gives account of them to its backend, and ends (O2, O3). */
import path from 'node:path';
import { startBackend, triedBackends } from '../../drivers/order-backends';
import { startHostProcess } from '../../drivers/host-process-under-test';
import { orderText, startAwaitedDownstream } from '../../drivers/orders-under-test';
import { startStorage } from '../../drivers/storage-under-test';

const COUNT = 40;

it.each(triedBackends)('orders in hand by %s are finished at SIGTERM, and what was not begun is left', async (name) => {
  const storage = await startStorage({ PIPELINES: 'orders' });
  const backend = await startBackend(name, storage);
  const downstream = await startAwaitedDownstream();
  downstream.behave({ latencyMs: 60 });
  const orders = Array.from({ length: COUNT }, (_, n) => ({
    key: `o${n}`,
    payload: Buffer.from(orderText({ orderId: `o${n}` })),
  }));
  try {
    await backend.send(orders);
    const host = await startHostProcess(
      { ...storage.settings, ...backend.settings, ORDERS_CALLBACK_URL: downstream.url, ORDERS_CONCURRENCY: '4' },
      path.join(storage.folder, 'host'),
    );
    await downstream.until((texts) => texts.length >= 2);
    await host.stop();
    expect(host.output()).not.toContain('has not ended within');
    expect(host.exitCode()).toBe(0);
    // All that was delivered is settled with the backend, and nothing else.
    expect(downstream.taken.size).toBeGreaterThanOrEqual(2);
    expect(await backend.backlog()).toBe(COUNT - downstream.taken.size);
    expect(downstream.repeated()).toBe(0);
  } finally {
    await downstream.stop();
    await backend.stop();
    await storage.stop();
  }
});
