import { app } from '@azure/functions';
import type { App } from '../composition';
import { itemOf } from '../domain/items/item';
import { MOST_ITEMS, parseItemQuery } from '../domain/items/item-query';
import { problem } from '../domain/problem';
import { endpoint, problemResponse } from '../http/endpoint';

/** `GET /v1/items?name=|orderId=|traceId=`: where a file or order is, across all pipelines (C13). */
export function registerItems({ logger, where }: App): void {
  app.http('items', {
    route: 'v1/items',
    methods: ['GET'],
    authLevel: 'function',
    handler: endpoint({ logger }, 'GET /v1/items', async (request) => {
      const parsed = parseItemQuery(request.query);
      if (parsed.kind === 'rejected') return problemResponse(problem('PARAMETER_INVALID', parsed.detail));
      if (!where.store)
        return problemResponse(
          problem('ITEMS_NOT_KEPT', 'ITEMS_STORE is none here, so nobody notes where files and orders are.'),
        );
      const { lookup, tenantId, limit } = parsed.query;
      const found = await where.store.find(lookup, tenantId === undefined ? limit : MOST_ITEMS);
      const wanted = found.filter((record) => tenantId === undefined || record.tenantId === tenantId);
      const items = wanted.slice(0, limit).map(itemOf);
      return { headers: { 'content-type': 'application/json' }, body: JSON.stringify({ items }) };
    }),
  });
}
