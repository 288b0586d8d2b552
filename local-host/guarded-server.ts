/**
 * The HTTP server behind a connection that somebody else accepted: it never listens, and takes sockets by the event
 * `connection`. It owns the limits that keep a client from holding it: those of Kestrel under the Functions host, for heads
 * that come slowly, bodies that stop coming, and heads that are too large. How long a handler takes is not its business.
 */
import { EventEmitter } from 'node:events';
import http from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';

export interface HttpLimits {
  /** Time for the whole head of a request, from the connection or the first byte. Ends in 408. */
  readonly headMs: number;
  /** A body that comes slower than this, while somebody waits for it, ends in 408. Bytes per second. */
  readonly bodyRate: number;
  /** Over how long that is measured. */
  readonly bodyWindowMs: number;
  /** An idle connection is closed after this. */
  readonly keepAliveMs: number;
  /** All header lines together; past it 431. */
  readonly headBytes: number;
  /** Number of header lines; past it 431. */
  readonly headers: number;
}

/** Kestrel's defaults, but a longer window for bodies (it takes 5 s), so that a machine that slept loses no upload. */
export const HTTP_LIMITS: HttpLimits = {
  headMs: 30_000,
  bodyRate: 240,
  bodyWindowMs: 30_000,
  keepAliveMs: 130_000,
  headBytes: 32 * 1024,
  headers: 100,
};

export interface GuardedServerOptions {
  readonly onRequest: (req: IncomingMessage, res: ServerResponse) => void;
  /** Told when a body came too slowly; the request is answered here. */
  readonly onSlowBody?: (req: IncomingMessage) => void;
  readonly limits?: Partial<HttpLimits>;
}

/** Close it with `close()` when no more connections come; it then leaves no timer. */
export function createGuardedServer(options: GuardedServerOptions): http.Server {
  const limits = { ...HTTP_LIMITS, ...options.limits };
  const server = http.createServer({
    maxHeaderSize: limits.headBytes,
    headersTimeout: limits.headMs,
    requestTimeout: 0,
    keepAliveTimeout: limits.keepAliveMs,
    connectionsCheckingInterval: Math.min(1000, limits.headMs),
  });
  // Counted below instead: Node would leave out headers past its limit and say nothing.
  server.maxHeadersCount = 0;
  // Instrumentation patches http.Server.prototype.emit; the host's own server is not the app's and stays out of its traces.
  server.emit = (name: string | symbol, ...args: unknown[]) => EventEmitter.prototype.emit.call(server, name, ...args);
  const bodies = new BodyWatch(limits, options.onSlowBody);
  server.on('request', (req, res) => {
    if (req.rawHeaders.length > limits.headers * 2) {
      res.writeHead(431, { 'content-length': 0, connection: 'close' }).end();
      return;
    }
    if (hasBody(req)) bodies.add(req, res);
    options.onRequest(req, res);
  });
  // No tunnels here. Without a listener Node would hang up without an answer.
  server.on('connect', (_req, socket) => {
    socket.on('error', () => undefined);
    socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
  });
  server.on('close', () => bodies.close());
  // Node begins to watch for slow heads when a server listens; this one never does.
  server.emit('listening');
  return server;
}

/** Whether a body was announced; `complete` says nothing yet when a request begins. */
function hasBody({ headers }: IncomingMessage): boolean {
  const length = headers['content-length'];
  return headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0');
}

interface Watched {
  readonly res: ServerResponse;
  /** Bytes of the connection when it was last looked at; undefined before the first look. */
  bytes: number | undefined;
}

/** Looks at all bodies that are under way once in a window. */
class BodyWatch {
  readonly #watched = new Map<IncomingMessage, Watched>();
  readonly #least: number;
  readonly #timer: NodeJS.Timeout;

  constructor(
    { bodyRate, bodyWindowMs }: HttpLimits,
    private readonly onSlow: ((req: IncomingMessage) => void) | undefined,
  ) {
    this.#least = (bodyRate * bodyWindowMs) / 1000;
    this.#timer = setInterval(() => this.#look(), bodyWindowMs);
    this.#timer.unref();
  }

  add(req: IncomingMessage, res: ServerResponse): void {
    this.#watched.set(req, { res, bytes: undefined });
    req.once('close', () => this.#watched.delete(req));
  }

  close(): void {
    clearInterval(this.#timer);
    this.#watched.clear();
  }

  #look(): void {
    for (const [req, watched] of this.#watched) {
      if (req.complete || req.destroyed) {
        this.#watched.delete(req);
        continue;
      }
      const { bytes } = watched;
      watched.bytes = req.socket.bytesRead;
      // A reader that lets the buffer fill up makes the client wait, not the other way round.
      if (req.readableLength >= req.readableHighWaterMark) watched.bytes = undefined;
      else if (bytes !== undefined && watched.bytes - bytes < this.#least) this.#end(req, watched.res);
    }
  }

  #end(req: IncomingMessage, res: ServerResponse): void {
    this.#watched.delete(req);
    // Whoever was answered before the end of its body (413) has nothing more to hear; the connection only has to go.
    if (!res.writableEnded) this.onSlow?.(req);
    const end = (): void => void req.destroy(new Error('The request body came too slowly.'));
    if (res.headersSent) end();
    else res.writeHead(408, { 'content-length': 0, connection: 'close' }).end(() => setImmediate(end));
  }
}
