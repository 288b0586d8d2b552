import type { HostHttpRequest, HostHttpResponse } from '../../worker-protocol';
import type { DurableClient } from '../client/durable-client';
import { CONTENT_TYPE, empty, json } from './answers';
import { entityView } from './instance-view';
import { entityToken, flag, jsonBody, param, readEntityToken, time, top } from './request-reading';

const PAGE_SIZE = 100;
const CONTINUATION = 'x-ms-continuation-token';

/** Everything below `entities`. */
export class EntityRoutes {
  constructor(private readonly client: DurableClient) {}

  async handle(
    request: HostHttpRequest,
    [name, key, ...more]: readonly string[],
    query: URLSearchParams,
  ): Promise<HostHttpResponse> {
    if (more.length > 0) return empty(404);
    if (request.method === 'GET') {
      if (name !== undefined && key !== undefined) return this.#read(name, key);
      return this.#list(request, name, query);
    }
    if (request.method !== 'POST' || name === undefined || key === undefined) return empty(404);
    return this.#signal(request, name, key, param(query, 'op') ?? '');
  }

  #read(name: string, key: string): HostHttpResponse {
    const state = this.client.entity(name, key)?.state;
    return state === undefined ? empty(404) : { status: 200, headers: { 'content-type': CONTENT_TYPE }, body: state };
  }

  #list(request: HostHttpRequest, name: string | undefined, query: URLSearchParams): HostHttpResponse {
    const size = top(query) ?? PAGE_SIZE;
    const after = readEntityToken(request.headers[CONTINUATION]);
    const updatedFrom = time(param(query, 'lastOperationTimeFrom'));
    const updatedTo = time(param(query, 'lastOperationTimeTo'));
    const rows = this.client.entities({
      top: size + 1,
      ...(name === undefined ? {} : { name: name.toLowerCase() }),
      ...(updatedFrom === undefined ? {} : { updatedFrom }),
      ...(updatedTo === undefined ? {} : { updatedTo }),
      ...(after === undefined ? {} : { after }),
    });
    const page = rows.slice(0, size);
    const last = page.at(-1);
    const headers = rows.length > size && last ? { [CONTINUATION]: entityToken(last.id) } : {};
    const fetchState = flag(query, 'fetchState', false);
    return json(
      200,
      page.map((entity) => entityView(entity, fetchState)),
      headers,
    );
  }

  async #signal(request: HostHttpRequest, name: string, key: string, op: string): Promise<HostHttpResponse> {
    if (await this.client.signalEntity(name, key, op, inputOf(request))) return empty(202);
    return json(400, { Message: this.client.unknownEntityText(name) });
  }
}

/** JSON text. What does not claim to be JSON is taken as a text. */
function inputOf(request: HostHttpRequest): string | undefined {
  if (request.body.length === 0) return undefined;
  if (request.headers['content-type']?.toLowerCase().includes('json') === true) return jsonBody(request);
  return JSON.stringify(Buffer.from(request.body).toString('utf8'));
}
