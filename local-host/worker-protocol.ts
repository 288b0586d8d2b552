/**
 * The messages between the host process and the worker process that runs the app. They travel over Node's IPC channel
 * with `serialization: 'advanced'`, so buffers arrive as buffers. The worker owns all HTTP connections: the host accepts a
 * socket and passes it on with a `connection` message, so that no byte of a body crosses the border between the processes.
 *
 * Invariants:
 * 1. Every `invoke` is answered by exactly one `invoked`, or by the worker's exit.
 * 2. The host sends nothing but `load` before `loaded`, and no `connection` before it has sent `serve`.
 * 3. What the worker cannot do itself (outputs, non-constant inputs, host routes) it asks for with `ask`; the host answers
 *    each with exactly one `answer`.
 */
import type { FunctionDefinition } from './function-definition';
import type { RpcData } from './rpc-data';

export interface NamedData {
  readonly name: string;
  readonly data: RpcData;
}

export interface InvocationRequest {
  readonly invocationId: string;
  readonly functionId: string;
  readonly inputData: readonly NamedData[];
  readonly triggerMetadata?: Readonly<Record<string, RpcData>>;
  readonly traceContext?: { readonly traceParent?: string; readonly traceState?: string };
  readonly retryContext?: {
    readonly retryCount: number;
    readonly maxRetryCount: number;
    readonly exception?: RpcError;
  };
}

export interface RpcError {
  readonly message: string;
  readonly stack?: string;
  /** `name` of the Error, where one was thrown. */
  readonly type?: string;
}

export interface InvocationOutcome {
  readonly invocationId: string;
  /** Present when the function (or a hook) failed. */
  readonly error?: RpcError;
  /** The worker ended before it answered; the function may have run in part. */
  readonly lost?: true;
  readonly returnValue?: RpcData;
  readonly outputData?: readonly NamedData[];
  readonly durationMs: number;
}

/** One route of the app, already parsed and checked by the host. */
export interface ServedFunction {
  readonly definition: FunctionDefinition;
  readonly disabled: boolean;
  /** Inputs that never change during one load, such as `durableClient`. */
  readonly constantInputs: readonly NamedData[];
  /** True when the host must be asked for inputs (`inputs`) or told of outputs (`outputs`) around an invocation. */
  readonly asksForInputs: boolean;
  readonly hasOutputs: boolean;
}

export interface ServeConfig {
  readonly functions: readonly ServedFunction[];
  /** Without slashes; empty for none. */
  readonly routePrefix: string;
  /** When false, no key is needed anywhere, as under Core Tools. */
  readonly authEnabled: boolean;
  /** Accepted as master key; also as host key. */
  readonly masterKey: string;
  readonly hostKeys: readonly string[];
  readonly functionKeys: Readonly<Record<string, readonly string[]>>;
  /** `Access-Control-Allow-Origin` values from local.settings.json `Host.CORS`. */
  readonly corsOrigins: readonly string[];
  readonly corsCredentials: boolean;
  /** Bytes; a larger body ends in 500 before the handler runs (`FUNCTIONS_REQUEST_BODY_SIZE_LIMIT`). */
  readonly maxRequestBodyBytes: number;
  readonly port: number;
  /** A function that runs longer ends the worker, as on the real host. Absent for no limit. */
  readonly functionTimeoutMs?: number;
}

export interface HostHttpRequest {
  readonly method: string;
  /** Path and query as received, beginning with `/`. */
  readonly url: string;
  /** Lower-case names; repeated ones joined by commas. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export interface HostHttpResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

export interface LogRecord {
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly level: 'trace' | 'debug' | 'information' | 'warning' | 'error' | 'critical' | 'none';
  /** `user` for what the app logs, `system` for the host and the library. */
  readonly category: 'user' | 'system';
  readonly message: string;
  readonly functionName?: string;
  readonly invocationId?: string;
}

export type Ask =
  | { readonly kind: 'http'; readonly request: HostHttpRequest }
  | { readonly kind: 'inputs'; readonly functionName: string; readonly metadata: Readonly<Record<string, RpcData>> }
  | {
      readonly kind: 'outputs';
      readonly functionName: string;
      readonly outcome: InvocationOutcome;
      /** Route and query parameters, for binding expressions such as `{name}`. */
      readonly metadata?: Readonly<Record<string, RpcData>>;
    };

export type Answer =
  | { readonly kind: 'http'; readonly response: HostHttpResponse }
  | { readonly kind: 'inputs'; readonly inputs: readonly NamedData[] }
  | { readonly kind: 'outputs' }
  | { readonly kind: 'error'; readonly message: string };

export type ToWorker =
  | { readonly type: 'load'; readonly appRoot: string; readonly hostVersion: string }
  | { readonly type: 'serve'; readonly config: ServeConfig }
  /** Keys changed through the admin API while the worker serves. */
  | {
      readonly type: 'keys';
      readonly hostKeys: readonly string[];
      readonly functionKeys: Readonly<Record<string, readonly string[]>>;
    }
  /** Comes with a socket, which the host keeps until `accepted`, so that none is lost with a worker that ends. */
  | { readonly type: 'connection'; readonly connectionId: number }
  | { readonly type: 'invoke'; readonly functionName: string; readonly request: InvocationRequest }
  | { readonly type: 'answer'; readonly askId: number; readonly answer: Answer }
  | { readonly type: 'drain' }
  | { readonly type: 'stop' };

/** An HTTP function that the worker ran by itself: for events and figures. */
export interface HttpExecuted {
  readonly functionName: string;
  readonly invocationId: string;
  readonly durationMs: number;
  readonly error?: RpcError;
}

export type FromWorker =
  | { readonly type: 'ready' }
  | {
      readonly type: 'loaded';
      readonly functions: readonly FunctionDefinition[];
      readonly capabilities: Readonly<Record<string, string>>;
      /** Set when an entry file failed; no function is then served. */
      readonly error?: RpcError;
    }
  | { readonly type: 'serving' }
  | { readonly type: 'accepted'; readonly connectionId: number }
  | { readonly type: 'invoked'; readonly outcome: InvocationOutcome }
  | { readonly type: 'ask'; readonly askId: number; readonly ask: Ask }
  /** `executed`: HTTP functions whose last log line is among these records. */
  | { readonly type: 'log'; readonly records: readonly LogRecord[]; readonly executed: readonly HttpExecuted[] }
  | { readonly type: 'drained' };
