/**
 * A fulfilment service to try orders on: takes each Idempotency-Key once, and fails as it is told to.
 * `POST` on any path takes an order, the path being the caller's name; `GET /stats` says what it took, and how often it was
 * asked to take what it had; `PUT /behaviour` changes how it behaves.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface DownstreamBehaviour {
  /** Share of requests that are answered 503, 0 to 1. */
  readonly failing: number;
  /** Share of orders that are taken, but the connection is cut before the answer, 0 to 1. */
  readonly losing: number;
  /** Share of requests that are answered 422, 0 to 1, by key: the same order is refused each time. */
  readonly refusing: number;
  readonly latencyMs: number;
}

export interface TakenOrder {
  readonly key: string;
  readonly text: string;
  /** W3C `traceparent` that came with it. */
  readonly traceparent?: string | undefined;
}

export interface DownstreamCall extends TakenOrder {
  /** Path that it came on. */
  readonly path: string;
  /** `lost`: taken, but nobody was told. `repeated`: taken before; there is no second effect. */
  readonly outcome: 'taken' | 'lost' | 'repeated' | 'failed' | 'refused';
}

export interface MockDownstream {
  readonly url: string;
  /** In the order in which they were taken first. */
  readonly taken: ReadonlyMap<string, TakenOrder>;
  /** Requests, repeated ones and failed ones included. */
  readonly requests: () => number;
  /** Requests for what was taken before. */
  readonly repeated: () => number;
  behave(behaviour: Partial<DownstreamBehaviour>): void;
  stop(): Promise<void>;
}

const LARGEST = 2 * 1024 * 1024;

export async function startMockDownstream(
  port: number,
  random: () => number = Math.random,
  onCall: (call: DownstreamCall) => void = () => undefined,
): Promise<MockDownstream> {
  const taken = new Map<string, TakenOrder>();
  let behaviour: DownstreamBehaviour = { failing: 0, losing: 0, refusing: 0, latencyMs: 0 };
  let requests = 0;
  let repeated = 0;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = await bodyOf(request);
    if (request.method === 'GET')
      return void reply(response, 200, { taken: taken.size, requests, repeated, behaviour });
    if (request.method === 'PUT') {
      behaviour = { ...behaviour, ...(JSON.parse(text) as Partial<DownstreamBehaviour>) };
      return void reply(response, 200, behaviour);
    }
    requests++;
    if (behaviour.latencyMs > 0) await new Promise((resolve) => setTimeout(resolve, behaviour.latencyMs));
    const key = String(request.headers['idempotency-key'] ?? '');
    if (key === '') return void reply(response, 400, { detail: 'Idempotency-Key is missing' });
    const order = { key, text, traceparent: request.headers['traceparent']?.toString() };
    const tell = (outcome: DownstreamCall['outcome']): void => onCall({ ...order, path: request.url ?? '/', outcome });
    if (taken.has(key)) {
      repeated++;
      tell('repeated');
      return void reply(response, 200, { already: true });
    }
    const dice = random();
    if (dice < behaviour.failing) {
      tell('failed');
      return void reply(response, 503, { detail: 'failing as told' });
    }
    if (Number.parseInt(key.slice(0, 8), 16) / 2 ** 32 < behaviour.refusing) {
      tell('refused');
      return void reply(response, 422, { detail: 'refused as told' });
    }
    taken.set(key, order);
    if (dice < behaviour.failing + behaviour.losing) {
      tell('lost');
      return void response.destroy();
    }
    tell('taken');
    reply(response, 201, { taken: true });
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => reply(response, 500, { detail: String(error) }));
  });
  await listening(server, port);
  const { port: actual } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${actual}/`,
    taken,
    requests: () => requests,
    repeated: () => repeated,
    behave: (more) => void (behaviour = { ...behaviour, ...more }),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listening(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  request.setEncoding('utf8');
  for await (const chunk of request as AsyncIterable<string>) {
    text += chunk;
    if (text.length > LARGEST) throw new Error('too large');
  }
  return text;
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
