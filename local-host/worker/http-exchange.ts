import type { IncomingMessage, ServerResponse } from 'node:http';
import type { PlainResponse } from '../triggers/http/http-response';
import type { RequestHead } from '../triggers/http/http-request';

/** One HTTP request on its way through the worker. */
export interface HttpExchange {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly head: RequestHead;
}

/** Answers with a whole response; headers set on `res` before (CORS) are kept. Does nothing when an answer has begun. */
export function answer({ req, res }: Pick<HttpExchange, 'req' | 'res'>, response: PlainResponse): void {
  if (hasBegun(res) || res.writableEnded || res.destroyed) return;
  const bodyless = response.status === 204 || response.status === 304 || response.status < 200;
  try {
    for (const [name, value] of response.headers) appendHeader(res, name, value);
    // The real host sends no Content-Length to HEAD.
    if (!bodyless && req.method !== 'HEAD') res.setHeader('content-length', response.body.length);
    res.writeHead(response.status);
    res.end(bodyless || req.method === 'HEAD' ? undefined : response.body);
  } catch {
    // A header that Node refuses to send, such as one with a line break in it.
    if (hasBegun(res)) res.destroy();
    else {
      for (const name of res.getHeaderNames()) res.removeHeader(name);
      res.writeHead(500, { 'content-length': 0 }).end();
    }
  }
}

function hasBegun(res: ServerResponse): boolean {
  return res.headersSent;
}

function appendHeader(res: ServerResponse, name: string, value: string): void {
  if (name === 'set-cookie' || name === 'vary') res.appendHeader(name, value);
  else res.setHeader(name, value);
}

export function answerStatus(exchange: Pick<HttpExchange, 'req' | 'res'>, status: number): void {
  answer(exchange, { status, headers: [], body: new Uint8Array() });
}

/** Length that the client announced; undefined for a chunked body. */
export function contentLength(req: IncomingMessage): number | undefined {
  if (req.headers['transfer-encoding'] !== undefined) return undefined;
  return Number(req.headers['content-length'] ?? 0);
}

/** The whole body. Rejects when the client hangs up before its end, or sends more than `limit` bytes. */
export async function readBody(req: IncomingMessage, limit = Infinity): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of req) {
    size += (chunk as Buffer).length;
    if (size > limit) throw new Error(`The body is larger than ${limit} bytes.`);
    chunks.push(chunk as Buffer);
  }
  return chunks.length === 1 ? (chunks[0] ?? Buffer.alloc(0)) : Buffer.concat(chunks);
}

/** The address that the client used, for `request.url`. */
export function authority(head: RequestHead, port: number): string {
  const host = head.headers['host'];
  return host === undefined || host === '' ? `localhost:${port}` : host;
}
