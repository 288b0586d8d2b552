/**
 * The management HTTP API, the same below `/runtime/webhooks/durabletask` and below the address that the library's client
 * calls. Routes and answers are those of the recorded host (`durable.*` of the recorded behaviour).
 */
import type { HostHttpRequest, HostHttpResponse } from '../../worker-protocol';
import { InvalidArgumentError, InvalidStateError, type DurableClient } from '../client/durable-client';
import { InstanceExistsError } from '../runtime/lifecycle';
import { badArgument, empty, internalError, invalidJson, json } from './answers';
import { EntityRoutes } from './entity-routes';
import { InstanceRoutes } from './instance-routes';
import type { PublicAddress } from './management-urls';
import { BadJsonError, param, parseUrl, type ParsedUrl } from './request-reading';
import { StartRoute, type WaitForInstance } from './start-route';

export class ManagementApi {
  readonly #instances: InstanceRoutes;
  readonly #entities: EntityRoutes;
  readonly #start: StartRoute;

  constructor(
    client: DurableClient,
    private readonly hubName: string,
    waitForInstance: WaitForInstance,
  ) {
    this.#instances = new InstanceRoutes(client);
    this.#entities = new EntityRoutes(client);
    this.#start = new StartRoute(client, waitForInstance);
  }

  /** @returns undefined when the path is not below `base`. */
  async handle(request: HostHttpRequest, base: string, address: PublicAddress): Promise<HostHttpResponse | undefined> {
    const url = parseUrl(request.url, base);
    if (!url) return undefined;
    const hub = param(url.query, 'taskHub');
    if (hub !== undefined && hub.toLowerCase() !== this.hubName.toLowerCase()) return empty(404);
    try {
      return await this.#route(request, url, address);
    } catch (error) {
      return answerError(error);
    }
  }

  async #route(request: HostHttpRequest, url: ParsedUrl, address: PublicAddress): Promise<HostHttpResponse> {
    const [area = '', ...rest] = url.segments;
    switch (area.toLowerCase()) {
      case 'orchestrators':
        return request.method === 'POST' ? this.#start.handle(request, rest, url.query, address) : empty(404);
      case 'instances':
        return this.#instances.handle(request, rest, url.query, address);
      case 'entities':
        return this.#entities.handle(request, rest, url.query);
      default:
        return empty(404);
    }
  }
}

function answerError(error: unknown): HostHttpResponse {
  if (error instanceof InvalidArgumentError) return badArgument(error.message);
  if (error instanceof InstanceExistsError)
    return internalError(error.message, 'DurableTask.Core.Exceptions.OrchestrationAlreadyExistsException');
  if (error instanceof InvalidStateError) return internalError(error.message, 'System.InvalidOperationException');
  if (error instanceof BadJsonError)
    return error.truncated
      ? internalError(error.message, 'Newtonsoft.Json.JsonSerializationException')
      : invalidJson(error.message);
  if (error instanceof Error) return internalError(error.message, error.name);
  return json(500, { Message: 'Something went wrong while processing your request' });
}
