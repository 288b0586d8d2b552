/**
 * Runs one function in this process, in the phases of the real worker: arguments, preInvocation hooks, the handler,
 * postInvocation hooks, response. Owns neither logging of Executing/Executed nor bindings.
 */
import { markRepeatedTasks } from '../durable/wire/repeated-tasks';
import type { InvocationOutcome, InvocationRequest, LogRecord, RpcError } from '../worker-protocol';
import { httpTriggerOf } from '../triggers/http/http-options';
import type { CoreApi, RegisteredFunction } from './core-api';
import type { HttpSurprises } from './http-surprises';
import type { CoreInvocationContext, LogLevel } from './programming-model';
import { toRpcError } from './rpc-error';
import type { WorkerLog } from './worker-log';

export class Invoker {
  readonly #core: CoreApi;
  readonly #log: WorkerLog;
  readonly #surprises: HttpSurprises;

  constructor(core: CoreApi, log: WorkerLog, surprises: HttpSurprises) {
    this.#core = core;
    this.#log = log;
    this.#surprises = surprises;
  }

  /** Never rejects: what the function, a hook or the library throws is the outcome's `error`. */
  async run(fn: RegisteredFunction, request: InvocationRequest): Promise<InvocationOutcome> {
    const started = performance.now();
    const { invocationId } = request;
    try {
      const response = await this.#phases(fn, request);
      return {
        invocationId,
        ...(response.returnValue ? { returnValue: response.returnValue } : {}),
        ...(response.outputData && response.outputData.length > 0 ? { outputData: response.outputData } : {}),
        durationMs: performance.now() - started,
      };
    } catch (error) {
      return { invocationId, error: toRpcError(error), durationMs: performance.now() - started };
    }
  }

  async #phases(fn: RegisteredFunction, request: InvocationRequest) {
    const model = this.#core.model;
    if (!model) throw new Error('The app has set no programming model.');
    const hooks = this.#core.hooks;
    const hookData: Record<string, unknown> = {};
    const shared = { hookData, appHookData: hooks.appHookData };
    const logged: { invocationContext?: unknown } = {};
    const coreContext: CoreInvocationContext = {
      invocationId: request.invocationId,
      metadata: fn.metadata,
      request: coreRequest(request),
      state: undefined,
      log: (level, category, message) =>
        this.#write(fn, request.invocationId, level, category, message, { ...shared, ...logged }),
    };
    const invocation = await model.getInvocationModel(coreContext);
    const { context, inputs } = await invocation.getArguments();
    logged.invocationContext = context;

    coreContext.state = 'preInvocationHooks';
    const pre = { ...shared, invocationContext: context, functionCallback: fn.callback, inputs };
    if (hooks.has('preInvocation')) await hooks.run('preInvocation', pre);

    const post: Record<string, unknown> = {
      ...shared,
      invocationContext: context,
      inputs: pre.inputs,
      result: null,
      error: null,
    };
    coreContext.state = 'invocation';
    try {
      post['result'] = await invocation.invokeFunction(context, pre.inputs, pre.functionCallback);
    } catch (error) {
      post['error'] = error;
      if (error === undefined || error === null) this.#surprises.threwNothing(fn.definition.name);
    }

    coreContext.state = 'postInvocationHooks';
    if (hooks.has('postInvocation')) await hooks.run('postInvocation', post);
    coreContext.state = undefined;
    // `throw undefined` and `throw null` count as success on the real worker too.
    if (post['error'] !== undefined && post['error'] !== null) throw post['error'] as Error;
    if (answersHttp(fn)) this.#surprises.returned(fn.definition.name, post['result']);
    markRepeatedTasks(post['result']);
    return invocation.getResponse(context, post['result']);
  }

  #write(
    fn: RegisteredFunction,
    invocationId: string,
    level: LogLevel,
    category: LogRecord['category'],
    message: string,
    shared: Record<string, unknown>,
  ): void {
    let record = { level, category, message };
    if (this.#core.hooks.has('log')) {
      const context = { ...shared, level, category, message };
      this.#core.hooks.runSync('log', context);
      record = { level: context.level, category, message: context.message };
    }
    this.#log.write({ ...record, functionName: fn.definition.name, invocationId });
  }
}

/** Whether what the function returns is an HTTP response. */
function answersHttp({ definition }: RegisteredFunction): boolean {
  return (
    httpTriggerOf(definition) !== undefined &&
    definition.bindings.some(({ name, type }) => name === '$return' && type.toLowerCase() === 'http')
  );
}

/** The request as the library reads it: no property of ours that it would not know. */
function coreRequest(request: InvocationRequest): Record<string, unknown> {
  const { retryContext, traceContext } = request;
  return {
    invocationId: request.invocationId,
    functionId: request.functionId,
    inputData: request.inputData,
    triggerMetadata: request.triggerMetadata,
    traceContext: {
      traceParent: traceContext?.traceParent ?? '',
      traceState: traceContext?.traceState ?? '',
      attributes: {},
    },
    ...(retryContext
      ? {
          retryContext: {
            retryCount: retryContext.retryCount,
            maxRetryCount: retryContext.maxRetryCount,
            ...(retryContext.exception ? { exception: coreException(retryContext.exception) } : {}),
          },
        }
      : {}),
  };
}

function coreException(error: RpcError): Record<string, string> {
  return { message: error.message, source: error.type ?? '', stackTrace: error.stack ?? '' };
}
