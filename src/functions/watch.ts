import { app, type HttpRequest, type HttpResponseInit } from '@azure/functions';
import type { ShareApp } from '../compose-share';
import { problem } from '../domain/problem';
import { endpoint, problemResponse } from '../http/endpoint';
import type { Logger } from '../telemetry/logger';

/** A session's name, patterns and switches are far smaller. */
const LARGEST_BODY = 256 * 1024;

/** `/v1/watch/start`, `/v1/watch/stop`, `/v1/status`: the session API (N1). */
export function registerWatch({ watchSession }: ShareApp, logger: Logger): void {
  app.http('watch-started', {
    route: 'v1/watch/start',
    methods: ['POST'],
    authLevel: 'function',
    handler: endpoint({ logger }, 'POST /v1/watch/start', async (request) => {
      const body = await bodyText(request);
      if (body === undefined)
        return problemResponse(problem('REQUEST_INVALID', `The body has more than ${LARGEST_BODY} bytes.`));
      const result = await watchSession.start(body);
      return result.kind === 'started' ? json(result.body) : problemResponse(result.problem);
    }),
  });

  app.http('watch-stopped', {
    route: 'v1/watch/stop',
    methods: ['POST'],
    authLevel: 'function',
    handler: endpoint({ logger }, 'POST /v1/watch/stop', async () => json(await watchSession.stop())),
  });

  app.http('watch-asked', {
    route: 'v1/status',
    methods: ['GET'],
    authLevel: 'function',
    handler: endpoint({ logger }, 'GET /v1/status', async () => json(await watchSession.status())),
  });
}

/** Undefined when it is too large. */
async function bodyText(request: HttpRequest): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (request.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size > LARGEST_BODY) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function json(value: unknown): HttpResponseInit {
  return { headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) };
}
