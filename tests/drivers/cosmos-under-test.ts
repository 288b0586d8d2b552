/**
 * The in-process stand-in for Cosmos DB with a front that adds what it lacks: vector search and keyword search (computed here, for the
 * queries of adapters/cosmos/queries.ts alone) and the partition of a batch's operations. Its dependencies on geometry, which are most of what
 * it would install, are left out by `overrides` in package.json.
 */
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { createHttpServer } from '@vercel/cosmosdb-server';
import { byKeywords } from '../fakes/keyword-ranking';
import { RequestGate } from './request-gate';

export interface CosmosUnderTest {
  /** Asked about method and path, and the kinds of a batch's operations: `POST /dbs/d/colls/c/docs Upsert Upsert`. */
  readonly gate: RequestGate;
  readonly endpoint: string;
  /** Queries in the order in which they came. */
  readonly queries: readonly { readonly query: string; readonly parameters: readonly QueryParameter[] }[];
  /** Bodies of batches that came, in bytes, and how many operations each had. */
  readonly batches: readonly { readonly bytes: number; readonly operations: number }[];
  /** Answers for the next writes, one each, in place of the service's; `undefined`: the service's own. */
  readonly faults: (CosmosFault | undefined)[];
  /** Databases and containers are not made, as for who may only use data. */
  refuseContainers: boolean;
  /** Queries by keyword are answered with 400, as by an account without full-text search. */
  refuseKeywords: boolean;
  /** Every request is answered with 403. */
  refuseAll: boolean;
  stop(): Promise<void>;
}

export interface CosmosFault {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export interface QueryParameter {
  readonly name: string;
  readonly value: unknown;
}

export const COSMOS_KEY = Buffer.from('a key of the stand-in').toString('base64');

interface Query {
  query: string;
  parameters: QueryParameter[];
}

type Stored = Record<string, unknown> & { readonly vector: readonly number[]; readonly text: string };

const SEARCH =
  /^SELECT TOP (\d+) (.+), VectorDistance\(c\.vector, @vector\) AS similarity FROM c WHERE (.+?)(?: AND FullTextContainsAny\(c\.text, ([@\w, ]+)\))? ORDER BY (?:VectorDistance\(c\.vector, @vector\)|RANK FullTextScore\(c\.text, ([@\w, ]+)\))$/;

export async function startCosmos(): Promise<CosmosUnderTest> {
  const inner = createHttpServer();
  await listening(inner);
  const port = portOf(inner);
  const queries: Query[] = [];
  const batches: { bytes: number; operations: number }[] = [];
  const faults: (CosmosFault | undefined)[] = [];
  const state = { refuseContainers: false, refuseKeywords: false, refuseAll: false };
  const gate = new RequestGate();

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = await bytesOf(request);
    const { headers } = request;
    const isQuery = headers['content-type']?.startsWith('application/query+json') === true;
    const isBatch = headers['x-ms-cosmos-is-batch-request']?.toString().toLowerCase() === 'true';
    if (!isQuery && request.method !== 'GET' && request.url?.includes('/docs') === true) {
      const fault = faults.shift();
      if (fault) {
        response
          .writeHead(fault.status, { 'content-type': 'application/json', ...fault.headers })
          .end(JSON.stringify(fault.body ?? {}));
        return;
      }
    }
    const makes = request.method === 'POST' && /\/(?:dbs|colls)\/?$/.test(request.url ?? '');
    if (state.refuseAll || (state.refuseContainers && makes)) {
      response.writeHead(403, { 'content-type': 'application/json' }).end('{"code":"Forbidden","message":"no right"}');
      return;
    }
    let asked = `${request.method ?? ''} ${request.url ?? ''}`;
    if (isBatch) {
      const operations = JSON.parse(body.toString()) as Record<string, unknown>[];
      batches.push({ bytes: body.length, operations: operations.length });
      asked = [asked, ...operations.map(({ operationType }) => String(operationType))].join(' ');
      const partitionKey = headers['x-ms-documentdb-partitionkey'];
      body = Buffer.from(JSON.stringify(operations.map((operation) => ({ ...operation, partitionKey }))));
    }
    await gate.pass(asked, 'request');
    const query = isQuery ? (JSON.parse(body.toString()) as Query) : undefined;
    // The client asks for a plan first; the stand-in has none, and is then asked for the whole.
    if (query && headers['x-ms-cosmos-is-query-plan-request'] === undefined) queries.push(query);
    if (state.refuseKeywords && query?.query.includes('FullText') === true) {
      response
        .writeHead(400, { 'content-type': 'application/json' })
        .end('{"code":"BadRequest","message":"full-text search is not enabled"}');
      return;
    }
    const search = query && SEARCH.exec(query.query);
    if (query && search) {
      if (search[4] !== search[5]) throw new Error(`Words are filtered and ranked alike: ${query.query}`);
      const all = { query: `SELECT * FROM c WHERE ${search[3] ?? ''}`, parameters: query.parameters };
      request.headers['x-ms-max-item-count'] = '100000';
      const answer = await forwarded(request, Buffer.from(JSON.stringify(all)), port);
      const found = JSON.parse(answer.body.toString()) as { Documents: Stored[] };
      const best = bestOf(found.Documents, query, search);
      const text = JSON.stringify({ ...found, Documents: best, _count: best.length });
      response.writeHead(answer.status, { ...answer.headers, 'content-length': Buffer.byteLength(text) }).end(text);
      return;
    }
    const answer = await forwarded(request, body, port);
    await gate.pass(asked, 'answer');
    // The account names its regions by address, and the client would go there next, past this front.
    const here = `http://${headers.host ?? ''}`;
    const text = request.url === '/' ? answer.body.toString().replace(/https?:\/\/[^/"]+/g, here) : answer.body;
    const length = { 'content-length': Buffer.byteLength(text) };
    response.writeHead(answer.status, { ...answer.headers, ...length }).end(text);
  }

  const front = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  await listening(front);
  return Object.assign(state, {
    endpoint: `http://127.0.0.1:${portOf(front)}`,
    gate,
    queries,
    batches,
    faults,
    async stop() {
      for (const server of [front, inner]) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
    },
  });
}

function bestOf(
  documents: readonly Stored[],
  { parameters }: Query,
  [, most, fields = '', , words]: readonly (string | undefined)[],
): unknown[] {
  const given = (name: string): unknown => parameters.find((parameter) => parameter.name === name)?.value;
  const vector = given('@vector') as readonly number[];
  const scored = documents.map((document) => ({ document, similarity: cosine(document.vector, vector) }));
  const ranked =
    words === undefined
      ? scored.sort((a, b) => b.similarity - a.similarity)
      : byKeywords(
          scored,
          ({ document: { text } }) => ({ headings: [], text }),
          words.split(', ').map((name) => String(given(name))),
        );
  return ranked.slice(0, Number(most)).map(({ document, similarity }) => ({
    ...Object.fromEntries(fields.split(', ').map((field) => [field.slice(2), document[field.slice(2)]])),
    similarity,
  }));
}

function cosine(a: readonly number[], b: readonly number[]): number {
  const dot = a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
  return dot / (Math.hypot(...a) * Math.hypot(...b));
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

function forwarded(request: IncomingMessage, body: Buffer, port: number): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { 'transfer-encoding': _, ...headers } = request.headers;
    const inner = httpRequest(
      {
        host: '127.0.0.1',
        port,
        method: request.method,
        path: request.url,
        headers: { ...headers, 'content-length': body.length },
        agent: false,
      },
      (answer) => {
        bytesOf(answer).then((bytes) => {
          const { 'transfer-encoding': __, connection: ___, ...rest } = answer.headers;
          resolve({
            status: answer.statusCode ?? 500,
            headers: { ...rest, 'content-length': `${bytes.length}` },
            body: bytes,
          });
        }, reject);
      },
    );
    inner.once('error', reject).end(body);
  });
}

async function bytesOf(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function listening(server: Server): Promise<void> {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}
