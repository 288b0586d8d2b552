import { app, type HttpResponseInit } from '@azure/functions';
import type { App } from '../composition';
import { RAW_CONTAINER } from '../domain/media/media-event';
import { endpoint, problemResponse } from '../http/endpoint';
import { readText } from '../http/read-text';
import type { AnnounceResult } from '../intake/announce-upload';
import { currentTraceparent } from '../telemetry/tracing';

const LARGEST_BODY = 64 * 1024;

/** `POST /v1/uploads` and `POST /v1/uploads/{id}/renew`: signed URLs for files of any size (M1b). */
export function registerUploadAnnounced({ logger, uploads }: App): void {
  app.http('upload-announced', {
    route: 'v1/uploads',
    methods: ['POST'],
    authLevel: 'function',
    handler: endpoint({ logger }, 'POST /v1/uploads', async (request) => {
      const result = await uploads.announce(await readText(request, LARGEST_BODY), currentTraceparent());
      if (result.kind === 'announced') {
        const { id, blob, size } = result.upload;
        logger.info('Upload announced', { pipeline: 'media', mediaId: id, blob: `${RAW_CONTAINER}/${blob}`, size });
      }
      return answer(result, request.url, 201);
    }),
  });

  app.http('upload-renewed', {
    route: 'v1/uploads/{id}/renew',
    methods: ['POST'],
    authLevel: 'function',
    handler: endpoint({ logger }, 'POST /v1/uploads/{id}/renew', async (request) =>
      answer(await uploads.renew(request.params['id'] ?? ''), request.url, 200),
    ),
  });
}

function answer(result: AnnounceResult, requestUrl: string, status: number): HttpResponseInit {
  if (result.kind === 'refused') return problemResponse(result.problem);
  const { id, blob, contentType, size } = result.upload;
  const base = new URL(requestUrl).origin;
  const body = {
    id,
    container: RAW_CONTAINER,
    blob,
    size,
    contentType,
    url: result.url,
    expiresAt: result.expiresAt,
    renew: `${base}/v1/uploads/${id}/renew`,
    status: `${base}/v1/media/${id}`,
  };
  return {
    status,
    // The URL is a secret for as long as it is valid.
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store', location: body.status },
    body: JSON.stringify(body),
  };
}
