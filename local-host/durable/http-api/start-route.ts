import type { HostHttpRequest, HostHttpResponse } from '../../worker-protocol';
import { InvalidArgumentError, type DurableClient } from '../client/durable-client';
import type { InstanceRow } from '../store/instance-table';
import { empty, json } from './answers';
import { instanceUrl, managementUrls, type PublicAddress } from './management-urls';
import { jsonBody, param } from './request-reading';

/** Resolves with the finished instance, or with undefined after the given time. */
export type WaitForInstance = (id: string, timeoutMs: number) => Promise<InstanceRow | undefined>;

/** `POST orchestrators/{name}[/{id}]`. With `timeout` it waits for the end, as long as that. */
export class StartRoute {
  constructor(
    private readonly client: DurableClient,
    private readonly waitForInstance: WaitForInstance,
  ) {}

  async handle(
    request: HostHttpRequest,
    [name, id, ...more]: readonly string[],
    query: URLSearchParams,
    address: PublicAddress,
  ): Promise<HostHttpResponse> {
    if (name === undefined || more.length > 0) return empty(404);
    const instanceId = await this.client.start(name, { id, input: inputOf(request), version: param(query, 'version') });
    const timeout = param(query, 'timeout');
    if (timeout !== undefined) {
      const row = await this.waitForInstance(instanceId, seconds('timeout', timeout) * 1000);
      if (row?.status === 'Completed') return json(200, row.output === undefined ? null : JSON.parse(row.output));
      if (row) return json(row.status === 'Failed' ? 500 : 200, statusOf(row));
    }
    return json(202, managementUrls(address, instanceId, false), {
      location: instanceUrl(address, instanceId),
      'retry-after': '10',
    });
  }
}

/** JSON text. An empty body is the empty string when it claims to be JSON, as the library's client sends it, else null. */
function inputOf(request: HostHttpRequest): string {
  if (request.body.length > 0) return jsonBody(request);
  return request.headers['content-type']?.includes('json') ? '""' : 'null';
}

function seconds(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0)
    throw new InvalidArgumentError(`${name} must be a number of seconds, not '${text}'.`);
  return value;
}

function statusOf(row: InstanceRow): Record<string, unknown> {
  const output: unknown = row.output === undefined ? null : JSON.parse(row.output);
  return { name: row.name, instanceId: row.id, runtimeStatus: row.status, output };
}
