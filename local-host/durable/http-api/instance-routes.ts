import type { HostHttpRequest, HostHttpResponse } from '../../worker-protocol';
import type { ControlResult, DurableClient } from '../client/durable-client';
import { isOver, type InstanceRow } from '../store/instance-table';
import { empty, failure, json } from './answers';
import { entityInstanceView, instanceView, type ViewOptions } from './instance-view';
import { instanceUrl, managementUrls, type PublicAddress } from './management-urls';
import {
  continuationToken,
  flag,
  instanceFilter,
  jsonBody,
  misspeltStatuses,
  param,
  readContinuationToken,
  statusNames,
  top,
} from './request-reading';

/** Rows of one page when the request does not say. Source: `OrchestrationStatusQueryCondition.PageSize` of the extension. */
const PAGE_SIZE = 100;
const CONTINUATION = 'x-ms-continuation-token';

/** Everything below `instances`. */
export class InstanceRoutes {
  constructor(private readonly client: DurableClient) {}

  async handle(
    request: HostHttpRequest,
    [id, operation, name, ...more]: readonly string[],
    query: URLSearchParams,
    address: PublicAddress,
  ): Promise<HostHttpResponse> {
    if (id === undefined) {
      if (request.method === 'GET') return this.#list(request, query);
      return request.method === 'DELETE' ? this.#purgeMany(query) : empty(404);
    }
    if (operation === undefined) {
      if (request.method === 'GET') return this.#get(id, query, address);
      return request.method === 'DELETE' ? this.#purge(id) : empty(404);
    }
    if (request.method !== 'POST' || more.length > 0) return empty(404);
    const reason = param(query, 'reason');
    switch (operation.toLowerCase()) {
      case 'raiseevent':
        return name === undefined ? empty(404) : this.#raiseEvent(request, id, name);
      case 'terminate':
        return control(await this.client.terminate(id, reason));
      case 'suspend':
        return control(await this.client.suspend(id, reason));
      case 'resume':
        return control(await this.client.resume(id, reason));
      case 'rewind':
        return this.#rewind(id, reason);
      case 'restart':
        return this.#restart(id, flag(query, 'restartWithNewInstanceId', true), address);
      default:
        return empty(404);
    }
  }

  #get(id: string, query: URLSearchParams, address: PublicAddress): HostHttpResponse {
    const row = this.client.get(id);
    if (!row) return empty(404);
    const options = viewOptions(query);
    const body = this.#view(row, options);
    if (!isOver(row.status)) return json(202, body, { location: instanceUrl(address, id), 'retry-after': '5' });
    const failed = row.status === 'Failed' && flag(query, 'returnInternalServerErrorOnFailure', false);
    return json(failed ? 500 : 200, body);
  }

  #view(row: InstanceRow, options: ViewOptions): Record<string, unknown> {
    if (row.id.startsWith('@')) return entityInstanceView(row, this.client.entityById(row.id), options.showInput);
    const history = options.showHistory ? this.client.history(row.id) : undefined;
    return instanceView(row, options.showInput ? this.client.input(row.id) : 'null', options, history);
  }

  #list(request: HostHttpRequest, query: URLSearchParams): HostHttpResponse {
    const size = top(query) ?? PAGE_SIZE;
    const after = readContinuationToken(request.headers[CONTINUATION]);
    const rows = this.client.list({ ...instanceFilter(query), top: size + 1, ...(after ? { after } : {}) });
    const page = rows.slice(0, size);
    const last = page.at(-1);
    const headers = rows.length > size && last ? { [CONTINUATION]: continuationToken(last) } : {};
    const options = { ...viewOptions(query), showHistory: false };
    return json(
      200,
      page.map((row) => this.#view(row, options)),
      headers,
    );
  }

  async #purge(id: string): Promise<HostHttpResponse> {
    return (await this.client.purge(id)) ? json(200, { instancesDeleted: 1 }) : empty(404);
  }

  async #purgeMany(query: URLSearchParams): Promise<HostHttpResponse> {
    const filter = instanceFilter(query);
    if (filter.createdFrom === undefined)
      return json(400, { Message: "Please provide value for 'createdTimeFrom' parameter." });
    // A list shows too much then, as on the real host; what a purge took is gone.
    const misspelt = misspeltStatuses(query);
    if (misspelt.length > 0)
      return json(400, {
        Message: `No instance can have the status '${misspelt.join("', '")}', and nothing was purged. Statuses are ${statusNames}.`,
      });
    const deleted = await this.client.purgeMany(filter);
    return deleted > 0 ? json(200, { instancesDeleted: deleted }) : empty(404);
  }

  async #raiseEvent(request: HostHttpRequest, id: string, name: string): Promise<HostHttpResponse> {
    if (request.headers['content-type']?.toLowerCase().includes('application/json') !== true)
      return json(400, { Message: 'Only application/json request content is supported' });
    return control(await this.client.raiseEvent(id, name, jsonBody(request)));
  }

  async #rewind(id: string, reason: string | undefined): Promise<HostHttpResponse> {
    const result = await this.client.rewind(id, reason);
    if (result !== 'not-failed') return control(result);
    const status = this.client.get(id)?.status;
    if (status === 'Completed' || status === 'Terminated') return empty(410);
    return json(412, { Message: 'The rewind operation is only supported on failed orchestration instances.' });
  }

  async #restart(id: string, withNewId: boolean, address: PublicAddress): Promise<HostHttpResponse> {
    const started = await this.client.restart(id, withNewId);
    if (started === undefined)
      return failure(
        400,
        'InstanceId does not match a valid orchestration instance.',
        // Spelt as the real host spells it.
        `An orchestrastion with the instanceId ${id} was not found.`,
        'System.ArgumentException',
      );
    return json(202, managementUrls(address, started, false), {
      location: instanceUrl(address, started),
      'retry-after': '10',
    });
  }
}

function viewOptions(query: URLSearchParams): ViewOptions {
  return {
    showInput: flag(query, 'showInput', true),
    showHistory: flag(query, 'showHistory', false),
    showHistoryOutput: flag(query, 'showHistoryOutput', false),
  };
}

function control(result: ControlResult): HostHttpResponse {
  return empty(result === 'accepted' ? 202 : result === 'unknown' ? 404 : 410);
}
