/** ORDERS_TRIGGERS: which of the pipeline's triggers a deployment has (O5). */
import { startApp } from '../../drivers/app-under-test';

/** Timers belong to the deployment that never scales to none. */
const NIGHTLY = 'ended-state-removed';

const ofOrders = async (url: string): Promise<string[]> => {
  const listed = (await (await fetch(`${url}/admin/functions`)).json()) as { name: string }[];
  return listed.map(({ name }) => name).filter((name) => name.startsWith('order') || name === NIGHTLY);
};

it.each([
  ['backend', ['orders-queued']],
  [
    'others',
    [
      'orders-replayed',
      'orders-poisoned',
      'order-replays-poisoned',
      'orders-resumed',
      'orders-expired',
      'orders-status-asked',
      'orders-backend-asked',
      NIGHTLY,
    ],
  ],
])('a deployment of the %s has those alone', async (triggers, names) => {
  const app = await startApp({ PIPELINES: 'orders', ORDERS_TRIGGERS: triggers });
  try {
    expect((await ofOrders(app.url)).sort()).toEqual([...names].sort());
    expect((await fetch(`${app.url}/readyz`)).status).toBe(200);
  } finally {
    await app.stop();
  }
});
