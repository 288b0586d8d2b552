import { Readable } from 'node:stream';
import { app, type HttpRequest } from '@azure/functions';
import type { App } from '../composition';
import { endpoint, problemResponse } from '../http/endpoint';
import { count } from '../telemetry/meters';
import { currentTraceId, currentTraceparent } from '../telemetry/tracing';

/** `POST /upload`: files of a multipart form, field `file`, into `rawfiles` (M1). */
export function registerUploadPosted({ logger, config, receiveUpload }: App): void {
  app.http('upload-posted', {
    route: 'upload',
    methods: ['POST'],
    authLevel: config.upload.anonymous ? 'anonymous' : 'function',
    handler: endpoint({ logger }, 'POST /upload', async (request) => {
      const result = await receiveUpload({
        contentType: request.headers.get('content-type') ?? undefined,
        contentLength: contentLength(request),
        body: request.body ? Readable.fromWeb(request.body) : undefined,
        traceparent: currentTraceparent(),
        traceId: currentTraceId(),
      });
      if (result.kind === 'refused') {
        count('uploadRefusals', 1, { 'sluice.code': result.problem.code });
        logger.info('Upload refused', { pipeline: 'media', code: result.problem.code });
        return problemResponse(result.problem);
      }
      const base = new URL(request.url).origin;
      const files = result.files.map((file) => ({
        ...file,
        container: 'rawfiles',
        status: `${base}/v1/media/${file.id}`,
      }));
      for (const file of files) {
        count('uploads', 1, { 'sluice.pipeline': 'media' });
        count('uploadBytes', file.size, { 'sluice.pipeline': 'media' });
        logger.info('File stored', {
          pipeline: 'media',
          blob: `rawfiles/${file.blob}`,
          mediaId: file.id,
          size: file.size,
        });
      }
      const location = files.length === 1 ? { location: files[0]?.status ?? '' } : {};
      return {
        status: 201,
        headers: { 'content-type': 'application/json', ...location },
        body: JSON.stringify({ files }),
      };
    }),
  });
}

function contentLength(request: HttpRequest): number | undefined {
  const text = request.headers.get('content-length');
  return text !== null && /^\d+$/.test(text) ? Number(text) : undefined;
}
