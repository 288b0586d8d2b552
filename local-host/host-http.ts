import http from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { HostHttpRequest, HostHttpResponse } from './worker-protocol';

type Handler = (request: HostHttpRequest) => Promise<HostHttpResponse>;

/** Answers HTTP in the host process, for connections that no worker can take: the host is in Error. */
export class HostHttp {
  readonly #server: http.Server;
  readonly #sockets = new Set<Socket>();

  constructor(handler: Handler) {
    this.#server = http.createServer((req, res) => void respond(req, res, handler));
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
  }
}

async function respond(req: IncomingMessage, res: ServerResponse, handler: Handler): Promise<void> {
  try {
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk as Buffer);
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
