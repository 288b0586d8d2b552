/**
 * The side of `@azure/functions` that a worker drives: what its `ProgrammingModel` offers, and what it expects of the
 * module `@azure/functions-core`. Only as far as the worker uses it.
 */
import type { LogRecord, NamedData } from '../worker-protocol';
import type { RpcData } from '../rpc-data';

export type LogLevel = LogRecord['level'];
export type FunctionCallback = (...args: unknown[]) => unknown;
export type HookCallback = (context: Record<string, unknown>) => unknown;

/** Metadata as the library passes it to `registerFunction`. */
export interface CoreFunctionMetadata {
  readonly name: string;
  readonly functionId?: string;
  readonly bindings: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly retryOptions?: Readonly<Record<string, unknown>>;
}

export interface CoreInvocationContext {
  readonly invocationId: string;
  readonly request: Readonly<Record<string, unknown>>;
  readonly metadata: CoreFunctionMetadata;
  /** Name of the phase; the library warns of late logging by it. */
  state: 'preInvocationHooks' | 'invocation' | 'postInvocationHooks' | undefined;
  log(level: LogLevel, category: LogRecord['category'], message: string): void;
}

export interface CoreResponse {
  readonly outputData?: readonly NamedData[] | null;
  readonly returnValue?: RpcData | null;
}

export interface InvocationModel {
  getArguments(): Promise<{ context: unknown; inputs: unknown[] }>;
  invokeFunction(context: unknown, inputs: unknown[], callback: FunctionCallback): Promise<unknown>;
  getResponse(context: unknown, result: unknown): Promise<CoreResponse>;
}

export interface ProgrammingModel {
  readonly name: string;
  readonly version: string;
  getInvocationModel(context: CoreInvocationContext): InvocationModel | Promise<InvocationModel>;
  getCapabilities?(capabilities: Record<string, string>): Record<string, string> | Promise<Record<string, string>>;
}
