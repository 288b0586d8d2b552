import { EventEmitter } from 'node:events';
import { systemClock } from './clock';
import type { Clock } from './clock';
import type { DurableExtension } from './durable';
import type { DurableEvents } from './durable/runtime/task-hub';
import { instanceSummary, type InstanceSummary } from './durable/instance-summary';
import type { RuntimeStatus } from './durable';
import type { EndLimits } from './end-within';
import { Host } from './host';
import { livingInstance, lockInstance } from './instance-lock';
import type { Executed } from './host-options';
import type { HostState } from './host-state';
import type { IndexedFunction } from './indexing';
import { createLog } from './log';
import type { HostExtension } from './plugin';
import { createRegistry } from './registry';
import { azuriteFolder, stateFolder } from './state-folder';
import { StorageOfApp } from './storage/storage-of-app';
import type { RpcData } from './rpc-data';
import { setting } from './settings/host-settings';
import { loadSettings } from './settings/load-settings';
import type { InvocationOutcome, LogRecord } from './worker-protocol';
import { manualInvocation } from './admin/manual-invocation';
import { HTTP_REASON } from './invocation-log';

export interface StartHostOptions {
  /** Folder of the app: where package.json and host.json are. */
  readonly scriptRoot: string;
  /** Default: `Host.LocalHttpPort` of local.settings.json, else 7071. 0 takes a free port. */
  readonly port?: number;
  /** App settings over the environment, which is over local.settings.json Values. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Default: `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Address to take HTTP on. Default: localhost, so that only this machine can connect. */
  readonly address?: string;
  /** Where the host keeps its own state. Default: `LOCAL_HOST_STATE`, else `.sluice/host` in the app's folder. */
  readonly stateDir?: string;
  /**
   * `embedded` starts Azurite when `AzureWebJobsStorage` says development storage and nothing listens there, and stops it
   * with the host. Default `given`: whatever the setting says.
   */
  readonly storage?: 'embedded' | 'given';
  readonly clock?: Clock;
  /** Receives every line of the log; the same records are the event `log`. */
  readonly log?: (record: LogRecord) => void;
  /** Only these functions. */
  readonly functions?: readonly string[];
  /**
   * Several processes on one state folder share its task hub. 1, the default, owns the port, all HTTP, timers, blob scans
   * and Event Grid's part; 2 and up run queues and durable work. `auto` takes the lowest number that is free.
   */
  readonly instanceNumber?: number | 'auto';
  /** Ask for keys, as in Azure. Default false, as under Core Tools. */
  readonly enableAuth?: boolean;
  /** Master key and default host key. */
  readonly key?: string;
  readonly eventGridFile?: string;
  readonly extensions?: readonly HostExtension[];
  /** For function runs in hand when the host is told to stop. Default: the log names them after 5 s, they are left after 60 s. */
  readonly stopLimits?: EndLimits;
  /** Aborting it stops the host, even while it starts; `startHost` then resolves in state `Stopped`. */
  readonly signal?: AbortSignal;
}

export interface HostHandleEvents {
  log: [record: LogRecord];
  executed: [executed: Executed];
  stateChanged: [state: HostState];
  /** An orchestration began, went on after a pause, or ended; told after it is on the disk. */
  instance: DurableEvents['instance'];
  /** The result of an activity or HTTP call is on the disk. */
  activity: DurableEvents['activity'];
}

export interface WaitOptions {
  /** Waits until the instance has this status. @default any that is final: Completed, Failed, Terminated */
  readonly status?: RuntimeStatus;
  /** Aborting it ends the wait, which then rejects. */
  readonly signal?: AbortSignal;
}

export interface HostHandle {
  /** `http://localhost:<port>`; the instances after the first have the first's. */
  readonly url: string;
  readonly state: HostState;
  /** Why the host is in Error. */
  readonly errors: readonly string[];
  readonly functions: readonly IndexedFunction[];
  readonly events: EventEmitter<HostHandleEvents>;
  /** Runs a function that is not HTTP-triggered, with this as its trigger's data, as often as its retry policy says. */
  invoke(name: string, input?: unknown): Promise<InvocationOutcome>;
  /** A request to the app: `path` begins with a slash and includes the route prefix (`/api` unless host.json says otherwise). */
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /**
   * Resolves once the orchestration has ended, or has the status that is asked for; at once when it has it already. One that
   * does not exist yet is waited for. Rejects when the host stops first, or when the app has nothing durable.
   */
  waitForInstance(id: string, options?: WaitOptions): Promise<InstanceSummary>;
  /** Resolves when nothing of the host is left. */
  stop(): Promise<void>;
}

export interface StartHostHooks {
  /** The app is loaded; called before anything runs. */
  readonly onIndexed?: (functions: readonly IndexedFunction[], host: Host) => void;
}

/**
 * Starts a host in this process, with the app in a process of its own.
 * Resolves in state `Running` or `Error`; @throws PortInUseError, AddressError, LocalSettingsError, InstanceTakenError
 */
export async function startHost(options: StartHostOptions, hooks: StartHostHooks = {}): Promise<HostHandle> {
  const events = new EventEmitter<HostHandleEvents>();
  const env = options.env ?? process.env;
  const source = { scriptRoot: options.scriptRoot, settings: options.settings, env };
  const own = loadSettings({ ...source, port: options.port });
  const log = createLog((record) => {
    options.log?.(record);
    events.emit('log', record);
  });
  const stateDir = stateFolder(own.settings, options.stateDir);
  const lock = lockInstance(stateDir, options.instanceNumber ?? 1);
  // The instances after the first have no port; the links that they give out are to the first's.
  const firstPort = lock.instanceNumber === 1 ? undefined : livingInstance(stateDir, 1)?.port;
  const loaded = firstPort === undefined ? own : loadSettings({ ...source, port: firstPort });
  const registry = createRegistry({ eventGridFile: options.eventGridFile, extensions: options.extensions });
  registry.durable.events.on('instance', (event) => events.emit('instance', event));
  registry.durable.events.on('activity', (event) => events.emit('activity', event));
  const storage =
    options.storage === 'embedded'
      ? new StorageOfApp({
          location: azuriteFolder(stateDir, own.settings.appRoot),
          connection: setting(own.settings, 'AzureWebJobsStorage'),
          appRoot: own.settings.appRoot,
          log,
        })
      : undefined;
  const host = new Host({
    loaded,
    registry,
    clock: options.clock ?? systemClock,
    log,
    stateDir,
    address: options.address,
    stopLimits: options.stopLimits,
    ...(storage ? { prepare: () => storage.start(), release: () => storage.stop() } : {}),
    lock,
    only:
      options.functions && options.functions.length > 0
        ? options.functions
        : (loaded.settings.hostJson.functions ?? []),
    authEnabled: options.enableAuth ?? false,
    key: options.key,
  });
  host.events.on('executed', (executed) => events.emit('executed', executed));
  host.events.on('stateChanged', (state) => events.emit('stateChanged', state));
  host.events.on('indexed', (functions) => hooks.onIndexed?.(functions, host));
  options.signal?.addEventListener('abort', () => void host.stop(), { once: true });
  try {
    await host.start();
  } catch (error) {
    await host.stop();
    throw error;
  }
  return handleOf(host, events, registry.durable);
}

function handleOf(host: Host, events: EventEmitter<HostHandleEvents>, durable: DurableExtension): HostHandle {
  const url = (): string => `http://localhost:${host.context.settings.port}`;
  return {
    get url() {
      return url();
    },
    get state() {
      return host.state;
    },
    get errors() {
      return host.errors;
    },
    get functions() {
      return host.functions;
    },
    events,
    async invoke(name, input) {
      const fn = host.functions.find((candidate) => candidate.definition.name.toLowerCase() === name.toLowerCase());
      if (!fn) throw new Error(`There is no function '${name}'.`);
      if (typeof input === 'string' || input === undefined)
        return host.invoke(fn.definition, await manualInvocation(fn, input ?? '', host.context));
      return host.invoke(fn.definition, { input: toRpcData(input), reason: HTTP_REASON, triggerMetadata: {} });
    },
    fetch: (path, init) => fetch(url() + path, init),
    waitForInstance: (id, options) => waitForInstance(durable, id, options ?? {}),
    stop: () => host.stop(),
  };
}

async function waitForInstance(durable: DurableExtension, id: string, wait: WaitOptions): Promise<InstanceSummary> {
  const { client } = durable;
  if (wait.status === undefined) await durable.waitForInstance(id, wait.signal);
  else await reached(durable, id, wait.status, wait.signal);
  const summary = instanceSummary(client, id);
  if (!summary) throw new Error(`Instance '${id}' was purged.`);
  return summary;
}

/** Resolves once the instance has the status; rejects when it ends without, since it will never have it then. */
async function reached(
  durable: DurableExtension,
  id: string,
  status: RuntimeStatus,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { client, events } = durable;
  const has = (): boolean => client.get(id)?.status === status;
  if (has()) return;
  const done = new AbortController();
  const ended = durable.waitForInstance(id, signal ? AbortSignal.any([signal, done.signal]) : done.signal);
  let look: () => void = () => undefined;
  const arrived = new Promise<'arrived'>((resolve) => {
    look = () => (has() ? resolve('arrived') : undefined);
    events.on('instance', look);
  });
  try {
    const first = await Promise.race([arrived, ended]);
    if (first !== 'arrived' && first.status !== status)
      throw new Error(`Instance '${id}' ended ${first.status} without having been ${status}.`);
  } finally {
    events.off('instance', look);
    done.abort();
    ended.catch(() => undefined);
  }
}

function toRpcData(value: unknown): RpcData {
  if (value instanceof Uint8Array) return { bytes: value };
  return { json: JSON.stringify(value) };
}
