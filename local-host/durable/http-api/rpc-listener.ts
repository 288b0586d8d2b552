import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { HostHttpRequest, HostHttpResponse } from '../../worker-protocol';

export const RPC_PATH = '/durabletask';

/** The address that the library's client calls from inside the worker. Loopback only, and without keys, as on the real host. */
export class RpcListener {
  readonly #server: Server;

  constructor(handle: (request: HostHttpRequest) => Promise<HostHttpResponse>) {
    this.#server = createServer((request, response) => void answer(request, response, handle));
    this.#server.keepAliveTimeout = 60_000;
  }

  /** @returns the base URL, ending in a slash, because the client resolves paths against it. */
  async listen(): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(0, '127.0.0.1', resolve);
    });
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}${RPC_PATH}/`;
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    await new Promise((resolve) => {
      this.#server.close(resolve);
      this.#server.closeAllConnections();
    });
  }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  handle: (request: HostHttpRequest) => Promise<HostHttpResponse>,
): Promise<void> {
  try {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(request.headers)) if (value !== undefined) headers[name] = String(value);
    const {
      status,
      headers: out,
      body,
    } = await handle({
      method: request.method ?? 'GET',
      url: request.url ?? '/',
      headers,
      body: Buffer.concat(chunks),
    });
    response.writeHead(status, out).end(body ?? '');
  } catch (error) {
    if (!response.headersSent) response.writeHead(500);
    response.end(JSON.stringify({ Message: (error as Error).message }));
  }
}
