/**
 * How a kind of trigger or binding joins the host. One folder under `triggers/` or `bindings/` exports one plugin; the
 * table in `registry.ts` is the only place that knows them all. A plugin imports nothing of another plugin's folder.
 */
import type { Clock } from './clock';
import type { BindingDefinition, FunctionDefinition } from './function-definition';
import type { HostSettings } from './settings/host-settings';
import type { Log } from './log';
import type { RpcData } from './rpc-data';
import type { HostHttpRequest, HostHttpResponse, InvocationOutcome, NamedData } from './worker-protocol';

/** What a plugin needs from the host. The same object for every plugin of one host. */
export interface HostContext {
  readonly settings: HostSettings;
  readonly clock: Clock;
  readonly log: Log;
  /** Unique to this process; `hostId` in `settings` is shared by all instances of one app. */
  readonly instanceId: string;
  /** 1 for the instance that owns the port, singleton triggers (timer, blob scan) and the Event Grid part; others run the rest. */
  readonly instanceNumber: number;
  /** Folder for the host's own state. Exists. */
  readonly stateDir: string;
  /** Runs a function once, or as often as its retry policy says. Never rejects: a failure is `outcome.error`. */
  invoke(fn: FunctionDefinition, invocation: Invocation): Promise<InvocationOutcome>;
  /** The key that callers of this extension's webhooks present as `code`; always defined in a running host. */
  readonly systemKey?: (extension: string) => string;
}

export interface Invocation {
  /** Data of the trigger binding, under that binding's name. */
  readonly input: RpcData;
  readonly triggerMetadata?: Readonly<Record<string, RpcData>>;
  /** Completes the log line `Executing 'Functions.x' (Reason='…', Id=…)`. */
  readonly reason: string;
  readonly traceContext?: { readonly traceParent?: string; readonly traceState?: string };
  /** Lines such as `Trigger Details: …`, logged right after `Executing`. */
  readonly details?: string;
  /** Leaves out the Executing/Executed lines' retry policy: triggers that retry by themselves say so. Default false. */
  readonly ignoreRetryPolicy?: boolean;
}

/** A running trigger. */
export interface Listener {
  /** Takes no new work, waits for the work in hand, and leaves no handle or timer behind. */
  stop(): Promise<void>;
}

export interface TriggerPlugin {
  /** Lower case, for example `queuetrigger`. */
  readonly type: string;
  /**
   * Checks the binding before anything starts. Throws {@link FunctionIndexingError} where the real host would leave this
   * one function in error, {@link HostStartError} where it would put the whole host in Error.
   */
  check?(fn: FunctionDefinition, binding: BindingDefinition, context: HostContext): void;
  /** Absent for triggers that are driven from elsewhere (HTTP by the worker, durable by the engine). */
  start?(fn: FunctionDefinition, binding: BindingDefinition, context: HostContext): Promise<Listener>;
  /** What `POST /admin/functions/{name}` with `{"input": text}` runs. Default: the text as the trigger's data. */
  manual?(
    fn: FunctionDefinition,
    binding: BindingDefinition,
    input: string,
    context: HostContext,
  ): Invocation | Promise<Invocation>;
}

export interface BindingPlugin {
  /** Lower case, for example `queue`, `durableclient`. */
  readonly type: string;
  /** Data known at start that never changes during one load. */
  constantInput?(fn: FunctionDefinition, binding: BindingDefinition, context: HostContext): RpcData;
  /** Data read anew for each invocation. `metadata` holds the trigger's, for binding expressions such as `{name}`. */
  input?(
    binding: BindingDefinition,
    metadata: Readonly<Record<string, RpcData>>,
    context: HostContext,
  ): Promise<RpcData>;
  /** Writes what the function returned for this binding. Throwing fails the invocation. */
  output?(
    binding: BindingDefinition,
    data: RpcData,
    metadata: Readonly<Record<string, RpcData>>,
    context: HostContext,
  ): Promise<void>;
  /** Closes what `input` and `output` opened for this host. Called once, after the last invocation. */
  stop?(context: HostContext): Promise<void>;
}

/** Part of the host that brings several triggers, bindings and host routes at once: the durable engine, Event Grid. */
export interface HostExtension {
  readonly triggers: readonly TriggerPlugin[];
  readonly bindings: readonly BindingPlugin[];
  /** Called before any binding is asked for its `constantInput`; the durable engine opens its client endpoint here. */
  prepare?(context: HostContext): Promise<void>;
  /** Called once all functions are known and the worker serves; before any listener starts. */
  start(functions: readonly FunctionDefinition[], context: HostContext): Promise<void>;
  stop(): Promise<void>;
  /** Answers a request below `/runtime/webhooks/…`, or undefined when it is not this extension's. */
  handleHttp?(request: HostHttpRequest): Promise<HostHttpResponse | undefined>;
}

/** One function is in error; the others run. */
export class FunctionIndexingError extends Error {
  override readonly name = 'FunctionIndexingError';
}

/** The whole host is in Error and answers 503 everywhere. */
export class HostStartError extends Error {
  override readonly name = 'HostStartError';
}

export type { NamedData };
