/**
 * Durable Functions 3.x as an extension of the host: orchestration, activity and entity triggers, the client binding, the
 * management API, and the engine under them. See DESIGN.md of the local host for what it promises.
 */
import { EventEmitter } from 'node:events';
import type { FunctionDefinition } from '../function-definition';
import type { BindingPlugin, HostContext, HostExtension, TriggerPlugin } from '../plugin';
import { DurableClient } from './client/durable-client';
import { durableSettings } from './durable-settings';
import { empty } from './http-api/answers';
import { ManagementApi } from './http-api/management-api';
import { clientBindingData, WEBHOOK_PATH, type PublicAddress } from './http-api/management-urls';
import { RPC_PATH, RpcListener } from './http-api/rpc-listener';
import { DurableEngine, type EngineOptions } from './runtime/durable-engine';
import type { DurableEvents } from './runtime/task-hub';
import type { InstanceRow } from './store/instance-table';

export type { EngineOptions } from './runtime/durable-engine';
export type { InstanceRow, RuntimeStatus } from './store/instance-table';
export { StateFileError } from './store/schema';

export interface DurableExtension extends HostExtension {
  /** Operations on instances, for embedding and tests. Defined from `start` on. */
  readonly client: DurableClient;
  /** The engine and its events. Defined from `prepare` on. */
  readonly engine: DurableEngine;
  /** What the engine of the moment tells; there is another one after the app was loaded anew. */
  readonly events: EventEmitter<DurableEvents>;
  /** Resolves once the instance has ended. Rejects when the signal aborts or the engine stops. */
  waitForInstance(id: string, signal?: AbortSignal): Promise<InstanceRow>;
}

/** @throws StateFileError from `prepare` when the state file cannot be used. */
export function createDurableExtension(options: EngineOptions = {}): DurableExtension {
  return new Durable(options);
}

/** Apps without anything durable get no state file. */
function usesDurable(fn: FunctionDefinition): boolean {
  return fn.bindings.some((b) =>
    /^(orchestrationtrigger|activitytrigger|entitytrigger|durableclient|orchestrationclient)$/i.test(b.type),
  );
}

class Durable implements DurableExtension {
  readonly triggers: readonly TriggerPlugin[] = [
    { type: 'orchestrationtrigger' },
    { type: 'activitytrigger' },
    { type: 'entitytrigger' },
  ];
  readonly bindings: readonly BindingPlugin[] = [
    {
      type: 'durableclient',
      constantInput: (_fn, _binding, context) => clientBindingData(this.#address(context), this.#rpcBaseUrl),
    },
    {
      type: 'orchestrationclient',
      constantInput: (_fn, _binding, context) => clientBindingData(this.#address(context), this.#rpcBaseUrl),
    },
  ];
  readonly events = new EventEmitter<DurableEvents>().setMaxListeners(0);
  #context: HostContext | undefined;
  #engine: DurableEngine | undefined;
  #client: DurableClient | undefined;
  #api: ManagementApi | undefined;
  #rpc: RpcListener | undefined;
  #rpcBaseUrl = '';

  constructor(private readonly options: EngineOptions) {}

  get engine(): DurableEngine {
    if (!this.#engine)
      throw new Error('Nothing durable runs here: the app has no durable function, or its host does not run.');
    return this.#engine;
  }

  get client(): DurableClient {
    if (!this.#client)
      throw new Error('Nothing durable runs here: the app has no durable function, or its host does not run.');
    return this.#client;
  }

  async prepare(context: HostContext): Promise<void> {
    // The host prepares again when it loads the app anew.
    await this.stop();
    this.#context = context;
    this.#rpc = new RpcListener((request) => this.#handleRpc(request, context));
    this.#rpcBaseUrl = await this.#rpc.listen();
  }

  async start(functions: Parameters<HostExtension['start']>[0], context: HostContext): Promise<void> {
    if (!this.#rpc) await this.prepare(context);
    if (!functions.some(usesDurable)) return;
    const engine = new DurableEngine(context, this.options);
    this.#engine = engine;
    const { events } = engine.hub;
    events.on('instance', (event) => this.events.emit('instance', event));
    events.on('activity', (event) => this.events.emit('activity', event));
    events.on('entity', (event) => this.events.emit('entity', event));
    this.#client = new DurableClient(engine.hub);
    this.#api = new ManagementApi(this.#client, engine.hub.settings.hubName, (id, timeoutMs) =>
      this.#waitFor(id, timeoutMs),
    );
    await engine.start(functions);
  }

  async stop(): Promise<void> {
    this.#api = undefined;
    await this.#rpc?.close();
    this.#rpc = undefined;
    await this.#engine?.stop();
    this.#engine = undefined;
    this.#client = undefined;
  }

  waitForInstance(id: string, signal?: AbortSignal): Promise<InstanceRow> {
    return this.engine.waitForInstance(id, signal);
  }

  async handleHttp(
    request: Parameters<NonNullable<HostExtension['handleHttp']>>[0],
  ): ReturnType<NonNullable<HostExtension['handleHttp']>> {
    const context = this.#context;
    if (!context || !this.#api) return undefined;
    const host = request.headers['host'];
    const address = this.#address(context);
    return this.#api.handle(
      request,
      WEBHOOK_PATH,
      host === undefined ? address : { ...address, origin: `http://${host}` },
    );
  }

  async #handleRpc(
    request: Parameters<NonNullable<HostExtension['handleHttp']>>[0],
    context: HostContext,
  ): Promise<NonNullable<Awaited<ReturnType<NonNullable<HostExtension['handleHttp']>>>>> {
    return (await this.#api?.handle(request, RPC_PATH, this.#address(context))) ?? empty(404);
  }

  async #waitFor(id: string, timeoutMs: number): Promise<InstanceRow | undefined> {
    const late = new AbortController();
    const cancel = this.#context?.clock.after(timeoutMs, () => late.abort());
    return this.engine
      .waitForInstance(id, late.signal)
      .catch(() => undefined)
      .finally(() => cancel?.());
  }

  #address(context: HostContext): PublicAddress {
    return {
      origin: `http://localhost:${context.settings.port}`,
      hubName: durableSettings(context.settings).hubName,
      key: context.systemKey?.('durabletask_extension') ?? '',
    };
  }
}
