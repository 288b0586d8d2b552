import { app, type HttpResponseInit } from '@azure/functions';
import type { App } from '../composition';
import { endpoint } from '../http/endpoint';

/** `GET /v1/status/orders`: what this process did, and what waits. */
export function registerOrdersStatus({ logger, orders }: App): void {
  app.http('orders-status-asked', {
    route: 'v1/status/orders',
    methods: ['GET'],
    authLevel: 'function',
    handler: endpoint({ logger }, 'GET /v1/status/orders', async () => {
      const { backends, parked } = await orders.report();
      const [takesIn, drains] = backends;
      return json({
        backend: takesIn?.backend,
        backlog: takesIn?.backlog ?? null,
        ...(drains ? { drains: { backend: drains.backend, backlog: drains.backlog } } : {}),
        parked,
        ...orders.figures(),
      });
    }),
  });
}

/** `GET /v1/admin/backend`: both backends while they are switched, and when the old one is empty (O1). For operators. */
export function registerOrderBackend({ logger, orders }: App): void {
  app.http('orders-backend-asked', {
    route: 'v1/admin/backend',
    methods: ['GET'],
    authLevel: 'admin',
    handler: endpoint({ logger }, 'GET /v1/admin/backend', async () => json(await orders.report())),
  });
}

function json(value: unknown): HttpResponseInit {
  return { headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) };
}
