/**
 * What both HTTP paths, buffered and streamed, do around an invocation: log lines, inputs and outputs from the host, the
 * report to the host.
 */
import { randomUUID } from 'node:crypto';
import { executedLine, executingLine, HTTP_REASON, timeSpan } from '../invocation-log';
import type { RpcData } from '../rpc-data';
import type { InvocationOutcome, NamedData, ServedFunction } from '../worker-protocol';
import type { RequestHead } from '../triggers/http/http-request';
import type { CoreApi } from './core-api';
import type { HostLink } from './host-link';
import type { HttpSurprises } from './http-surprises';
import type { Invoker } from './invoker';
import { toRpcError } from './rpc-error';
import type { WorkerLog } from './worker-log';

/** What an HTTP invocation needs of the worker. */
export interface WorkerServices {
  readonly core: CoreApi;
  readonly invoker: Invoker;
  readonly log: WorkerLog;
  readonly link: HostLink;
  readonly surprises: HttpSurprises;
}

export interface HttpInvocationInput {
  readonly served: ServedFunction;
  readonly head: RequestHead;
  /** Data of the HTTP trigger. */
  readonly trigger: NamedData;
  readonly triggerMetadata: Readonly<Record<string, RpcData>> | undefined;
  /** For binding expressions. */
  readonly bindingData: () => Readonly<Record<string, RpcData>>;
  readonly timeoutMs: number | undefined;
}

export class HttpInvocation {
  readonly id = randomUUID();
  readonly #services: WorkerServices;

  constructor(services: WorkerServices) {
    this.#services = services;
  }

  /** Runs the function with its inputs and outputs. Never rejects. */
  async run(input: HttpInvocationInput): Promise<InvocationOutcome> {
    const { log } = this.#services;
    const { definition } = input.served;
    const started = performance.now();
    const line = (level: 'information' | 'error', message: string): void =>
      log.write({ level, category: 'system', message, functionName: definition.name, invocationId: this.id });
    line('information', executingLine(definition.name, HTTP_REASON, this.id));
    const timer = this.#limit(input);
    const finish = (outcome: InvocationOutcome): InvocationOutcome => {
      clearTimeout(timer);
      unfinished.delete(this);
      const durationMs = performance.now() - started;
      const { error } = outcome;
      line(error ? 'error' : 'information', executedLine(definition.name, !error, this.id, durationMs));
      if (error) line('error', error.stack ?? error.message);
      log.executed({
        functionName: definition.name,
        invocationId: this.id,
        durationMs,
        ...(error ? { error } : {}),
      });
      return outcome;
    };
    unfinished.set(this, () =>
      finish({
        invocationId: this.id,
        durationMs: 0,
        error: { message: 'The worker process ended while the function ran.' },
      }),
    );
    try {
      return finish(await this.#attempt(input));
    } catch (error) {
      return finish({ invocationId: this.id, durationMs: 0, error: toRpcError(error) });
    }
  }

  /** Code cannot be stopped from outside: a function that runs past its time takes its process with it. */
  #limit({ served, timeoutMs }: HttpInvocationInput): NodeJS.Timeout | undefined {
    if (timeoutMs === undefined || timeoutMs > LONGEST_TIMEOUT_MS) return undefined;
    const { name } = served.definition;
    return setTimeout(() => {
      const message = `Timeout value of ${timeSpan(timeoutMs)} was exceeded by function: Functions.${name}`;
      this.#services.log.write({
        level: 'error',
        category: 'system',
        message,
        functionName: name,
        invocationId: this.id,
      });
      process.exit(1);
    }, timeoutMs);
  }

  async #attempt({
    served,
    head,
    trigger,
    triggerMetadata,
    bindingData,
  }: HttpInvocationInput): Promise<InvocationOutcome> {
    const { core, invoker, link } = this.#services;
    const { name, functionId } = served.definition;
    const fn = core.find(functionId);
    if (!fn) throw new Error(`Function '${name}' is not registered.`);
    const asked = served.asksForInputs
      ? (await link.ask({ kind: 'inputs', functionName: name, metadata: bindingData() })).inputs
      : [];
    const outcome = await invoker.run(fn, {
      invocationId: this.id,
      functionId,
      inputData: [trigger, ...served.constantInputs, ...asked],
      ...(triggerMetadata ? { triggerMetadata } : {}),
      traceContext: {
        ...(head.headers['traceparent'] === undefined ? {} : { traceParent: head.headers['traceparent'] }),
        ...(head.headers['tracestate'] === undefined ? {} : { traceState: head.headers['tracestate'] }),
      },
    });
    if (served.hasOutputs && !outcome.error)
      await link.ask({ kind: 'outputs', functionName: name, outcome, metadata: bindingData() });
    return outcome;
  }
}

/** What Node's timers can wait. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

const unfinished = new Map<HttpInvocation, () => void>();

/** Writes the Executed lines of what was running when the process had to end. */
export function failUnfinished(): void {
  for (const fail of [...unfinished.values()]) fail();
}
