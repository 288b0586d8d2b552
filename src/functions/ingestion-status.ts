import { app } from '@azure/functions';
import * as df from 'durable-functions';
import { createCountUnderWay } from '../adapters/durable-client/count-instances';
import type { App } from '../composition';
import { endpoint } from '../http/endpoint';

/** `GET /v1/status/ingestion`: the circuit breaker (T4), what waits, what the index holds, what this process did. */
export function registerIngestionStatus({ logger, ingestion }: App): void {
  app.http('ingestion-status-asked', {
    route: 'v1/status/ingestion',
    methods: ['GET'],
    authLevel: 'function',
    extraInputs: [df.input.durableClient()],
    handler: endpoint({ logger }, 'GET /v1/status/ingestion', async (_request, context) => ({
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(await ingestion.status(createCountUnderWay(context))),
    })),
  });
}
