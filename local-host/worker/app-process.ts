import type { Socket } from 'node:net';
import { httpTriggerOf } from '../triggers/http/http-options';
import type { InvocationOutcome, InvocationRequest, ToWorker } from '../worker-protocol';
import { loadApp } from './app-loader';
import { CoreApi } from './core-api';
import { provideCoreModule } from './core-module';
import { HostLink } from './host-link';
import { HttpFront } from './http-front';
import { HttpSurprises } from './http-surprises';
import { failUnfinished } from './http-invocation';
import { Invoker } from './invoker';
import { toRpcError } from './rpc-error';
import { captureServer } from './stream-server';
import { directTarget, loopbackTarget } from './stream-target';
import type { StreamTarget } from './stream-target';
import { WorkerLog } from './worker-log';

/** The worker's life: load the app once, serve and run its functions, drain, stop. */
export class AppWorkerProcess {
  readonly #link = new HostLink();
  readonly #log = new WorkerLog((message) => this.#link.send(message));
  #core: CoreApi | undefined;
  #invoker: Invoker | undefined;
  #http: HttpFront | undefined;
  #streams = false;

  start(): void {
    this.#link.send({ type: 'ready' });
  }

  receive(message: ToWorker, socket: Socket | undefined): void {
    switch (message.type) {
      case 'load':
        return void this.#load(message.appRoot, message.hostVersion);
      case 'serve':
        this.#http?.configure(message.config);
        return void this.#link.send({ type: 'serving' });
      case 'keys':
        return this.#http?.updateKeys(message);
      case 'connection':
        this.#link.send({ type: 'accepted', connectionId: message.connectionId });
        if (socket && this.#http) this.#http.accept(socket);
        else socket?.destroy();
        return;
      case 'invoke':
        return void this.#invoke(message.functionName, message.request);
      case 'answer':
        return void this.#link.settle(message.askId, message.answer);
      case 'drain':
        return void this.#http?.drain().then(() => this.#link.send({ type: 'drained' }));
      case 'stop':
        return void this.#stop();
    }
  }

  /** An exception that nobody caught: the process ends, as the real worker does, and the host starts another. */
  crash(error: unknown): void {
    const { message, stack } = toRpcError(error);
    this.#log.write({ level: 'error', category: 'system', message: `Worker uncaught exception: ${stack ?? message}` });
    process.exit(1);
  }

  onExit(): void {
    failUnfinished();
    this.#http?.failAll();
    this.#log.flush();
  }

  async #load(appRoot: string, hostVersion: string): Promise<void> {
    process.chdir(appRoot);
    const core = new CoreApi(this.#log, hostVersion);
    provideCoreModule(core.module);
    this.#core = core;
    const surprises = new HttpSurprises(this.#log);
    this.#invoker = new Invoker(core, this.#log, surprises);
    const capabilities: Record<string, string> = {};
    let stream: StreamTarget | undefined;
    let error;
    try {
      await loadApp(appRoot);
      await core.hooks.run('appStart', {
        hookData: {},
        appHookData: core.hooks.appHookData,
        functionAppDirectory: appRoot,
      });
      const captured = await captureServer(async () => core.model?.getCapabilities?.({}) ?? {});
      Object.assign(capabilities, captured.result);
      if (captured.server) stream = directTarget(captured.server);
      else if (capabilities['HttpUri'] !== undefined) stream = loopbackTarget(capabilities['HttpUri']);
    } catch (thrown) {
      core.clear();
      error = toRpcError(thrown);
    }
    core.seal();
    this.#streams = stream !== undefined;
    this.#http = new HttpFront({ core, invoker: this.#invoker, log: this.#log, link: this.#link, surprises }, stream);
    this.#link.send({
      type: 'loaded',
      functions: core.functions.map((fn) => fn.definition),
      capabilities,
      ...(error ? { error } : {}),
    });
  }

  async #invoke(functionName: string, request: InvocationRequest): Promise<void> {
    const outcome = await this.#outcome(functionName, request);
    // Log lines of the function come before its end.
    this.#log.flush();
    this.#link.send({ type: 'invoked', outcome });
  }

  async #outcome(functionName: string, request: InvocationRequest): Promise<InvocationOutcome> {
    const failed = (message: string) => ({ invocationId: request.invocationId, durationMs: 0, error: { message } });
    const fn = this.#core?.find(functionName);
    if (!fn || !this.#invoker) return failed(`Function '${functionName}' is not registered.`);
    // The library would wait for a request that never comes.
    if (this.#streams && httpTriggerOf(fn.definition))
      return failed(`'${functionName}' streams HTTP and runs through its route only.`);
    return this.#invoker.run(fn, request);
  }

  async #stop(): Promise<void> {
    try {
      await this.#core?.hooks.run('appTerminate', { hookData: {}, appHookData: this.#core.hooks.appHookData });
    } catch (error) {
      this.#log.write({
        level: 'error',
        category: 'system',
        message: `An appTerminate hook failed: ${toRpcError(error).message}`,
      });
    }
    process.exit(0);
  }
}
