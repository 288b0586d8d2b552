/**
 * Runs functions that something in the host triggered: inputs, the worker, outputs, the lines in the log, the time limit,
 * and the retry policy around it all.
 */
import { randomUUID } from 'node:crypto';
import { sleep } from './clock';
import type { Clock } from './clock';
import type { BindingExchange } from './binding-exchange';
import { triggerOf } from './function-definition';
import type { FunctionDefinition } from './function-definition';
import { executedLine, executingLine, timeSpan } from './invocation-log';
import type { Log } from './log';
import type { Invocation } from './plugin';
import { mayRetry, retryDelayMs } from './retry-policy';
import type { InvocationOutcome, InvocationRequest } from './worker-protocol';
import type { AppWorker } from './app-worker';

export interface FunctionRunnerOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly bindings: () => BindingExchange;
  /** The worker to run in; waits during a restart. */
  readonly worker: () => Promise<AppWorker>;
  readonly timeoutMs: number | undefined;
  /** A function ran past its time: its process has to go. */
  readonly onTimeout: () => void;
  readonly onExecuted: (fn: FunctionDefinition, outcome: InvocationOutcome) => void;
}

type RetryContext = NonNullable<InvocationRequest['retryContext']>;

export class FunctionRunner {
  readonly #options: FunctionRunnerOptions;
  readonly #stopping = new AbortController();
  readonly #runs = new Map<string, number>();

  constructor(options: FunctionRunnerOptions) {
    this.#options = options;
  }

  /** See `HostContext.invoke`. */
  async run(fn: FunctionDefinition, invocation: Invocation): Promise<InvocationOutcome> {
    const { name } = fn;
    this.#runs.set(name, (this.#runs.get(name) ?? 0) + 1);
    try {
      return await this.#untilSettled(fn, invocation);
    } finally {
      const left = (this.#runs.get(name) ?? 1) - 1;
      if (left > 0) this.#runs.set(name, left);
      else this.#runs.delete(name);
    }
  }

  async #untilSettled(fn: FunctionDefinition, invocation: Invocation): Promise<InvocationOutcome> {
    const policy = invocation.ignoreRetryPolicy ? undefined : fn.retry;
    let retryContext: RetryContext | undefined = policy && { retryCount: 0, maxRetryCount: policy.maxRetryCount };
    for (;;) {
      const outcome = await this.#once(fn, invocation, retryContext);
      this.#options.onExecuted(fn, outcome);
      const { error } = outcome;
      if (!error || !policy || !retryContext || !mayRetry(policy, retryContext.retryCount)) return outcome;
      const retryCount: number = retryContext.retryCount + 1;
      const delay = retryDelayMs(policy, retryCount, Math.random());
      this.#options.log.information(
        `Waiting for ${Math.round(delay)}ms before retrying function execution. Next attempt: '${retryCount}'.`,
      );
      await sleep(this.#options.clock, delay, this.#stopping.signal);
      if (this.#stopping.signal.aborted) return outcome;
      retryContext = { retryCount, maxRetryCount: policy.maxRetryCount, exception: error };
    }
  }

  /** Functions that run, and how many times at once. */
  inHand(): { readonly name: string; readonly count: number }[] {
    return [...this.#runs].map(([name, count]) => ({ name, count }));
  }

  /** Ends waits for retries; what runs goes on. */
  stop(): void {
    this.#stopping.abort();
  }

  async #once(
    fn: FunctionDefinition,
    invocation: Invocation,
    retryContext: RetryContext | undefined,
  ): Promise<InvocationOutcome> {
    const { log, clock } = this.#options;
    const invocationId = randomUUID();
    const write = (level: 'information' | 'error', message: string): void =>
      log.write({ time: Date.now(), level, category: 'system', message, functionName: fn.name, invocationId });
    const started = performance.now();
    write('information', executingLine(fn.name, invocation.reason, invocationId));
    if (invocation.details !== undefined) write('information', invocation.details);
    let outcome: InvocationOutcome;
    try {
      outcome = await this.#withTimeout(
        fn,
        invocationId,
        clock,
        this.#execute(fn, invocation, invocationId, retryContext),
      );
    } catch (error) {
      const { message, stack } = error as Error;
      outcome = { invocationId, durationMs: 0, error: { message, ...(stack === undefined ? {} : { stack }) } };
    }
    outcome = { ...outcome, durationMs: performance.now() - started };
    write(
      outcome.error ? 'error' : 'information',
      executedLine(fn.name, !outcome.error, invocationId, outcome.durationMs),
    );
    if (outcome.error) write('error', outcome.error.stack ?? outcome.error.message);
    return outcome;
  }

  async #execute(
    fn: FunctionDefinition,
    invocation: Invocation,
    invocationId: string,
    retryContext: RetryContext | undefined,
  ): Promise<InvocationOutcome> {
    const bindings = this.#options.bindings();
    const metadata = invocation.triggerMetadata ?? {};
    const inputs = bindings.asksForInputs(fn) ? await bindings.readInputs(fn, metadata) : [];
    const worker = await this.#options.worker();
    const outcome = await worker.invoke(fn.functionId, {
      invocationId,
      functionId: fn.functionId,
      inputData: [
        { name: triggerOf(fn)?.name ?? '', data: invocation.input },
        ...bindings.constantInputs(fn),
        ...inputs,
      ],
      triggerMetadata: metadata,
      ...(invocation.traceContext ? { traceContext: invocation.traceContext } : {}),
      ...(retryContext ? { retryContext } : {}),
    });
    if (!outcome.error && bindings.hasOutputs(fn)) await bindings.writeOutputs(fn, outcome, metadata);
    return outcome;
  }

  async #withTimeout(
    fn: FunctionDefinition,
    invocationId: string,
    clock: Clock,
    work: Promise<InvocationOutcome>,
  ): Promise<InvocationOutcome> {
    const { timeoutMs, onTimeout } = this.#options;
    if (timeoutMs === undefined) return work;
    let cancel: () => void = () => undefined;
    const late = new Promise<InvocationOutcome>((resolve) => {
      cancel = clock.after(timeoutMs, () => {
        onTimeout();
        const message = `Timeout value of ${timeSpan(timeoutMs)} was exceeded by function: Functions.${fn.name}`;
        resolve({ invocationId, durationMs: timeoutMs, error: { message, type: 'FunctionTimeoutException' } });
      });
    });
    try {
      return await Promise.race([work, late]);
    } finally {
      cancel();
    }
  }
}
