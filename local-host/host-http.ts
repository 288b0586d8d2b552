import type http from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { createGuardedServer } from './guarded-server';
import { readHead } from './triggers/http/http-request';
import type { HostHttpRequest, HostHttpResponse } from './worker-protocol';

const MAX_BODY_BYTES = 100 * 1024 * 1024;

type Handler = (request: HostHttpRequest) => Promise<HostHttpResponse>;

/** Answers HTTP in the host process, for connections that no worker can take: the host is in Error. */
export class HostHttp {
  readonly #server: http.Server;
  readonly #sockets = new Set<Socket>();

  constructor(handler: Handler) {
    this.#server = createGuardedServer({ onRequest: (req, res) => void respond(req, res, handler) });
  }

  accept(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    this.#server.emit('connection', socket);
    socket.resume();
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
    this.#server.close();
  }
}

async function respond(req: IncomingMessage, res: ServerResponse, handler: Handler): Promise<void> {
  try {
    if (!readHead(req.method ?? '', req.url ?? '', req.rawHeaders)) {
      res.writeHead(400, { 'content-length': 0 }).end();
      return;
    }
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of req) {
      size += (chunk as Buffer).length;
      if (size > MAX_BODY_BYTES) throw new Error('The body is too large.');
      chunks.push(chunk as Buffer);
    }
    const headers = Object.fromEntries(
      Object.entries(req.headers).map(([name, value]) => [
        name,
        Array.isArray(value) ? value.join(',') : (value ?? ''),
      ]),
    );
    const answer = await handler({
      method: req.method ?? 'GET',
      url: req.url ?? '/',
      headers,
      body: Buffer.concat(chunks),
    });
    res.writeHead(answer.status, { ...answer.headers });
    res.end(answer.body);
  } catch {
    res.destroy();
  }
}
