import { app, type HttpResponseInit } from '@azure/functions';
import type { App } from '../composition';
import { problem } from '../domain/problem';
import { announcedRecord } from '../domain/media/direct-upload';
import { quotedEtag } from '../domain/media/media-event';
import { endpoint, problemResponse } from '../http/endpoint';

/** `GET /v1/media/{id}[?etag=]`: where a file is (M3). */
export function registerMediaAsked({ logger, media, directUploads }: App): void {
  app.http('media-asked', {
    route: 'v1/media/{id}',
    methods: ['GET'],
    authLevel: 'function',
    handler: endpoint({ logger }, 'GET /v1/media/{id}', async (request) => {
      const id = request.params['id'] ?? '';
      const etag = request.query.get('etag');
      const isId = /^[A-Za-z0-9_-]{22}$/.test(id);
      const known = isId ? await media.get(id, etag ? quotedEtag(etag) : undefined) : undefined;
      const awaited = isId && !known && !etag ? await directUploads.get(id) : undefined;
      if (awaited) return json(announcedRecord(awaited));
      if (!known) {
        const detail =
          'No file is known under this id. It is the id that POST /upload or POST /v1/uploads answered; a file put by other means appears once its event arrived.';
        return problemResponse(problem('MEDIA_NOT_FOUND', detail));
      }
      const deadLetter = known.deadLetterId
        ? { deadLetter: `${new URL(request.url).origin}/v1/dead-letters/${known.deadLetterId}` }
        : {};
      return json({ ...known, ...deadLetter });
    }),
  });
}

function json(value: unknown): HttpResponseInit {
  return { headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) };
}
