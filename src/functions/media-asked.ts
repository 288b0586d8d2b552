import { app } from '@azure/functions';
import type { App } from '../composition';
import { problem } from '../domain/problem';
import { quotedEtag } from '../domain/media/media-event';
import { endpoint, problemResponse } from '../http/endpoint';

/** `GET /v1/media/{id}[?etag=]`: where a file is (M3). */
export function registerMediaAsked({ logger, media }: App): void {
  app.http('media-asked', {
    route: 'v1/media/{id}',
    methods: ['GET'],
    authLevel: 'function',
    handler: endpoint({ logger }, 'GET /v1/media/{id}', async (request) => {
      const id = request.params['id'] ?? '';
      const etag = request.query.get('etag');
      const known = /^[A-Za-z0-9_-]{22}$/.test(id)
        ? await media.get(id, etag ? quotedEtag(etag) : undefined)
        : undefined;
      if (!known) {
        const detail =
          'No file is known under this id. It is the id that POST /upload answered; a file put by other means appears once its event arrived.';
        return problemResponse(problem('MEDIA_NOT_FOUND', detail));
      }
      const deadLetter = known.deadLetterId
        ? { deadLetter: `${new URL(request.url).origin}/v1/dead-letters/${known.deadLetterId}` }
        : {};
      return { headers: { 'content-type': 'application/json' }, body: JSON.stringify({ ...known, ...deadLetter }) };
    }),
  });
}
