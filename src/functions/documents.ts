import { app, type HttpRequest, type HttpResponseInit } from '@azure/functions';
import * as df from 'durable-functions';
import { createOrchestrations } from '../adapters/durable-client/orchestrations';
import type { App } from '../composition';
import { continuationOf, parseListQuery, projectOf } from '../domain/ingestion/search-query';
import { problem } from '../domain/problem';
import { endpoint, problemResponse } from '../http/endpoint';
import type { StandingDocument } from '../ports/document-store';

const route = 'v1/documents';

/** `/v1/documents`: what can be searched. */
export function registerDocuments({ config, logger, ingestion }: App): void {
  const find = async (request: HttpRequest): Promise<StandingDocument | undefined> => {
    const documentId = request.params['id'] ?? '';
    if (!/^[A-Za-z0-9_-]{22}$/.test(documentId)) return undefined;
    const projectId = projectOf(request.query)?.projectId ?? config.ingestion.projectId;
    return ingestion.documents.find({ projectId, documentId });
  };

  app.http('documents-listed', {
    route,
    methods: ['GET'],
    authLevel: 'function',
    handler: endpoint({ logger }, 'GET /v1/documents', async (request) => {
      const parsed = parseListQuery(request.query);
      if (parsed.kind === 'rejected') return problemResponse(problem('PARAMETER_INVALID', parsed.detail));
      const { projectId, limit, continuation } = parsed.query;
      const { documents, next } = await ingestion.documents.list(projectId, limit, continuation);
      const items = documents.map(({ record }) => record);
      return json({ items, ...(next === undefined ? {} : { continuation: continuationOf(next) }) });
    }),
  });

  app.http('document-asked', {
    route: `${route}/{id}`,
    methods: ['GET'],
    authLevel: 'function',
    handler: endpoint({ logger }, 'GET /v1/documents/{id}', async (request) => {
      const found = await find(request);
      return found ? json(found.record) : notFound();
    }),
  });

  app.http('document-deleted', {
    route: `${route}/{id}`,
    methods: ['DELETE'],
    authLevel: 'function',
    extraInputs: [df.input.durableClient()],
    handler: endpoint({ logger }, 'DELETE /v1/documents/{id}', async (request, context) => {
      const found = await find(request);
      if (!found) return notFound();
      await ingestion.forget(found, createOrchestrations(context));
      return { status: 202, ...json({ documentId: found.record.documentId, state: 'deleting' }) };
    }),
  });
}

function json(value: unknown): HttpResponseInit {
  return { headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) };
}

function notFound(): HttpResponseInit {
  const detail = 'No document has this id in this project; GET /v1/documents lists them, with the project of each.';
  return problemResponse(problem('DOCUMENT_NOT_FOUND', detail));
}
