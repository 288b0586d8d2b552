/**
 * The worker's HTTP server. It does not listen: the host passes it connections. Requests below `/admin` and `/runtime`,
 * and the landing page, go to the host; everything else is routed to a function in this process.
 */
import type http from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { ServeConfig, ServedFunction } from '../worker-protocol';
import { createGuardedServer, HTTP_LIMITS } from '../guarded-server';
import { isAuthorized, presentedKey } from '../triggers/http/authorization';
import { corsHeaders, preflightHeaders } from '../triggers/http/cors';
import { isHostPath } from '../triggers/http/host-paths';
import { readHead } from '../triggers/http/http-request';
import { encodePath } from '../triggers/http/request-path';
import { RouteTable } from '../triggers/http/route-table';
import { runBuffered } from './buffered-request';
import { answer, answerStatus, contentLength, readBody } from './http-exchange';
import type { HttpExchange } from './http-exchange';
import type { WorkerServices } from './http-invocation';
import { runStreamed } from './stream-request';
import type { StreamTarget } from './stream-target';

const MAX_HOST_BODY_BYTES = 100 * 1024 * 1024;

export class HttpFront {
  readonly #server: http.Server;
  readonly #services: WorkerServices;
  readonly #stream: StreamTarget | undefined;
  readonly #sockets = new Map<Socket, number>();
  readonly #open = new Set<ServerResponse>();
  #config: ServeConfig | undefined;
  #routes = new RouteTable([], '');
  #served = new Map<string, ServedFunction>();
  #drained: (() => void) | undefined;
  #draining = false;

  constructor(services: WorkerServices, stream: StreamTarget | undefined) {
    this.#services = services;
    this.#stream = stream;
    this.#server = createGuardedServer({
      onRequest: (req, res) => void this.#onRequest(req, res),
      onSlowBody: (req) =>
        services.log.write({
          level: 'warning',
          category: 'system',
          message: `The body of ${req.method ?? ''} ${req.url ?? ''} came slower than ${HTTP_LIMITS.bodyRate} bytes a second and was answered 408, as the Functions host does. Send steadily, or in several requests.`,
        }),
    });
  }

  configure(config: ServeConfig): void {
    this.#config = config;
    this.#served = new Map(config.functions.map((served) => [served.definition.name, served]));
    this.#routes = new RouteTable(
      config.functions.filter((served) => !served.disabled).map((served) => served.definition),
      config.routePrefix,
    );
  }

  updateKeys(keys: Pick<ServeConfig, 'hostKeys' | 'functionKeys'>): void {
    if (this.#config) this.#config = { ...this.#config, hostKeys: keys.hostKeys, functionKeys: keys.functionKeys };
  }

  accept(socket: Socket): void {
    this.#sockets.set(socket, 0);
    socket.once('close', () => {
      this.#sockets.delete(socket);
      this.#checkDrained();
    });
    socket.on('error', () => undefined);
    this.#server.emit('connection', socket);
  }

  /** Finishes the requests in hand; idle connections close at once, busy ones after their answer. */
  drain(): Promise<void> {
    this.#draining = true;
    for (const [socket, requests] of this.#sockets) if (requests === 0) socket.destroy();
    return new Promise((resolve) => {
      this.#drained = resolve;
      this.#checkDrained();
    });
  }

  /** Answers 500 to everything that still waits, without waiting for anything; for the end of the process. */
  failAll(): void {
    for (const res of this.#open) {
      if (res.headersSent) res.destroy();
      else res.writeHead(500, { 'content-length': 0, connection: 'close' }).end();
    }
  }

  #checkDrained(): void {
    if (this.#draining && this.#sockets.size === 0) this.#drained?.();
  }

  async #onRequest(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { socket } = req;
    this.#open.add(res);
    this.#sockets.set(socket, (this.#sockets.get(socket) ?? 0) + 1);
    if (this.#draining) res.shouldKeepAlive = false;
    res.once('close', () => {
      this.#open.delete(res);
      const left = this.#sockets.get(socket);
      if (left === undefined) return;
      this.#sockets.set(socket, left - 1);
      if (this.#draining && left <= 1) socket.destroySoon();
    });
    try {
      await this.#handle(req, res);
    } catch (error) {
      const message = `The local host failed on ${req.method ?? ''} ${req.url ?? ''}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
      this.#services.log.write({ level: 'error', category: 'system', message });
      answerStatus({ req, res }, 500);
    }
  }

  async #handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const config = this.#config;
    const head = readHead(req.method ?? '', req.url ?? '', req.rawHeaders);
    if (!config) return void answerStatus({ req, res }, 503);
    if (!head) return void answerStatus({ req, res }, 400);
    const exchange: HttpExchange = { req, res, head };
    const preflight = preflightHeaders(head.method, head.headers, config);
    if (preflight) return void answer(exchange, { status: 204, headers: preflight, body: new Uint8Array() });
    for (const [name, value] of corsHeaders(head.headers['origin'], config)) res.setHeader(name, value);

    if (isHostPath(head.path)) return this.#askHost(exchange);
    const match = this.#routes.match(head.method, head.path);
    const served = match && this.#served.get(match.route.fn.name);
    if (!match || !served) {
      if (head.path === '/') return this.#askHost(exchange);
      this.#services.surprises.notFound(head, this.#routes);
      return void answerStatus(exchange, 404);
    }
    const key = presentedKey(head.headers['x-functions-key'], head.query);
    if (!isAuthorized(match.route.authLevel, served.definition.name, key, config)) {
      this.#services.surprises.unauthorized(head, match.route, config);
      return void answerStatus(exchange, 401);
    }
    this.#services.surprises.matched(head, served.definition.name, match.values);
    if (this.#stream) return runStreamed(exchange, served, match.values, config, this.#services, this.#stream);
    return runBuffered(exchange, served, match.values, config, this.#services);
  }

  async #askHost(exchange: HttpExchange): Promise<void> {
    const { req, res, head } = exchange;
    if ((contentLength(req) ?? 0) > MAX_HOST_BODY_BYTES) return void answerStatus(exchange, 413);
    let body: Buffer;
    try {
      body = await readBody(req, MAX_HOST_BODY_BYTES);
    } catch {
      res.destroy();
      return;
    }
    const given = req.url ?? '/';
    const url = given.startsWith('/') ? given : encodePath(head.path, true) + head.rawQuery;
    const { response } = await this.#services.link.ask({
      kind: 'http',
      request: { method: head.method, url, headers: head.headers, body },
    });
    const bytes =
      typeof response.body === 'string' ? Buffer.from(response.body, 'utf8') : (response.body ?? new Uint8Array());
    answer(exchange, { status: response.status, headers: Object.entries(response.headers ?? {}), body: bytes });
  }
}
