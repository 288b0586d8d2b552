/**
 * What an app registered, in the terms of the programming model: the metadata that `@azure/functions` hands to
 * `registerFunction`, as plain data that crosses the process border between the worker and the host.
 */

/** One binding of a function. `name` is the key under which data is exchanged; other keys are the binding's own options. */
export interface BindingDefinition {
  readonly name: string;
  /** As registered, for example `httpTrigger`, `queueTrigger`, `queue`, `durableClient`. Compared without case. */
  readonly type: string;
  readonly direction: 'in' | 'out' | 'inout' | 'trigger';
  readonly properties?: Readonly<Record<string, string>>;
  readonly [option: string]: unknown;
}

/** The retry policy of a function, as the library converts it. Durations are `{ seconds, nanos? }` or `{ value }` objects. */
export interface RetryOptions {
  /** -1 for no limit. */
  readonly maxRetryCount: number;
  readonly retryStrategy: 'fixedDelay' | 'exponentialBackoff';
  readonly delayIntervalMs?: number;
  readonly minimumIntervalMs?: number;
  readonly maximumIntervalMs?: number;
}

export interface FunctionDefinition {
  readonly name: string;
  /** Given by the worker; unique within one load of the app. */
  readonly functionId: string;
  readonly bindings: readonly BindingDefinition[];
  readonly retry?: RetryOptions;
}

/** The binding that starts the function: the first whose type ends in `Trigger`. */
export function triggerOf(fn: FunctionDefinition): BindingDefinition | undefined {
  return fn.bindings.find((b) => b.type.toLowerCase().endsWith('trigger'));
}
