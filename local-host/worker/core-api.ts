/**
 * What the app finds behind `require('@azure/functions-core')`, and what it registered through it. One load of an app has
 * one CoreApi; it takes registrations until `seal()`.
 */
import type { BindingDefinition, FunctionDefinition, RetryOptions } from '../function-definition';
import { Hooks } from './hooks';
import type { WorkerLog } from './worker-log';
import type {
  CoreFunctionMetadata,
  FunctionCallback,
  HookCallback,
  LogLevel,
  ProgrammingModel,
} from './programming-model';
import type { LogRecord } from '../worker-protocol';

const WORKER_VERSION = '3.10.0';

export interface RegisteredFunction {
  readonly definition: FunctionDefinition;
  readonly metadata: CoreFunctionMetadata;
  readonly callback: FunctionCallback;
}

/** Undoes a registration. */
class Disposable {
  static from(...disposables: { dispose: () => unknown }[]): Disposable {
    return new Disposable(() => {
      for (const disposable of disposables) disposable.dispose();
    });
  }

  #callback: (() => unknown) | undefined;

  constructor(callback: () => unknown) {
    this.#callback = callback;
  }

  dispose(): void {
    this.#callback?.();
    this.#callback = undefined;
  }
}

export class CoreApi {
  readonly hooks = new Hooks();
  readonly #functions = new Map<string, RegisteredFunction>();
  /** The exports of `@azure/functions-core`. */
  readonly module: object;
  #model: ProgrammingModel | undefined;
  #sealed = false;

  constructor(log: WorkerLog, hostVersion: string) {
    this.module = {
      version: WORKER_VERSION,
      hostVersion,
      registerFunction: (metadata: CoreFunctionMetadata, callback: FunctionCallback) =>
        this.#registerFunction(metadata, callback),
      registerHook: (name: string, callback: HookCallback) => new Disposable(this.hooks.register(name, callback)),
      setProgrammingModel: (model: ProgrammingModel) => {
        if (this.#sealed) throw systemError('Setting the programming model is only allowed during app startup.');
        this.#model = model;
      },
      getProgrammingModel: () => this.#model,
      log: (level: LogLevel, category: LogRecord['category'], message: string) =>
        log.write({ level, category, message }),
      Disposable,
    };
  }

  get model(): ProgrammingModel | undefined {
    return this.#model;
  }

  get functions(): readonly RegisteredFunction[] {
    return [...this.#functions.values()];
  }

  find(name: string): RegisteredFunction | undefined {
    return this.#functions.get(name);
  }

  /** From here on registering throws, as on the real worker. */
  seal(): void {
    this.#sealed = true;
  }

  /** Forgets all functions: an app whose entry file failed has none. */
  clear(): void {
    this.#functions.clear();
  }

  #registerFunction(metadata: CoreFunctionMetadata, callback: FunctionCallback): Disposable {
    if (this.#sealed) throw systemError('A function can only be registered during app startup.');
    const id = metadata.functionId ?? metadata.name;
    if (this.#functions.has(id)) throw systemError(`A function with id "${id}" has already been registered.`);
    this.#functions.set(id, {
      definition: definitionOf(metadata, id),
      metadata: { ...metadata, functionId: id },
      callback,
    });
    return new Disposable(() => this.#functions.delete(id));
  }
}

function systemError(message: string): Error {
  return Object.assign(new Error(message), { isAzureFunctionsSystemError: true });
}

function definitionOf(metadata: CoreFunctionMetadata, functionId: string): FunctionDefinition {
  const bindings = Object.entries(metadata.bindings).map(
    ([name, binding]) => ({ ...plain(binding), name }) as unknown as BindingDefinition,
  );
  const retry = retryOf(metadata.retryOptions);
  return { name: metadata.name, functionId, bindings, ...(retry ? { retry } : {}) };
}

/** Options may hold anything; only plain data crosses to the host. */
function plain(binding: object): Record<string, unknown> {
  return JSON.parse(JSON.stringify(binding)) as Record<string, unknown>;
}

function retryOf(options: Readonly<Record<string, unknown>> | undefined): RetryOptions | undefined {
  if (!options) return undefined;
  const delay = milliseconds(options['delayInterval']);
  const minimum = milliseconds(options['minimumInterval']);
  const maximum = milliseconds(options['maximumInterval']);
  return {
    maxRetryCount: Number(options['maxRetryCount'] ?? 0),
    retryStrategy: options['retryStrategy'] === 'exponentialBackoff' ? 'exponentialBackoff' : 'fixedDelay',
    ...(delay === undefined ? {} : { delayIntervalMs: delay }),
    ...(minimum === undefined ? {} : { minimumIntervalMs: minimum }),
    ...(maximum === undefined ? {} : { maximumIntervalMs: maximum }),
  };
}

function milliseconds(duration: unknown): number | undefined {
  if (typeof duration !== 'object' || duration === null) return undefined;
  const { seconds = 0, nanos = 0 } = duration as { seconds?: number; nanos?: number };
  return seconds * 1000 + nanos / 1e6;
}
