import { app } from '@azure/functions';
import type { App } from '../composition';
import { endpoint } from '../http/endpoint';

/** `GET /v1/status/orders`: what this process did, and what waits. */
export function registerOrdersStatus({ config, logger, orders }: App): void {
  app.http('orders-status-asked', {
    route: 'v1/status/orders',
    methods: ['GET'],
    authLevel: 'function',
    handler: endpoint({ logger }, 'GET /v1/status/orders', async () => {
      const [backlog, parked] = await Promise.all([orders.backlog(), orders.parkedCount()]);
      const body = { backend: config.orders.backend, backlog, parked, ...orders.figures() };
      return { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
    }),
  });
}
