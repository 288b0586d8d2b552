/**
 * One running host: the public port, the worker that runs the app, triggers and extensions, and the state that ties them
 * together.
 *
 * Invariants:
 * 1. `start()` resolves in state Running or Error, or rejects with PortInUseError or a bug; it never leaves a handle when it rejects.
 * 2. In Error nothing runs; every request is answered by this process.
 * 3. After `stop()` no timer, socket or process is left, unless a part did not end within its limit, which the log names.
 */
import { randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import fs from 'node:fs';
import { AdminApi } from './admin/admin-api';
import type { AppWorker, LoadedApp } from './app-worker';
import { BindingExchange } from './binding-exchange';
import { endWithin, type EndLimits } from './end-within';
import { watchFirstInstance } from './first-instance-watch';
import { FunctionRunner } from './function-runner';
import type { FunctionDefinition } from './function-definition';
import { systemClock } from './clock';
import { HostHttp } from './host-http';
import type { Executed, HostEvents, HostOptions } from './host-options';
import type { HostState } from './host-state';
import { indexFunctions } from './indexing';
import type { IndexedFunction } from './indexing';
import { KeyRing } from './keys/key-ring';
import type { HostContext } from './plugin';
import { PublicListener } from './public-listener';
import { serveConfig } from './serve-config';
import { setting } from './settings/host-settings';
import { functionTimeoutMs } from './settings/function-timeout';
import { withPort } from './settings/load-settings';
import { logStartup } from './startup-log';
import { TriggerSet } from './trigger-set';
import { WorkerSupervisor } from './worker-supervisor';
import type { Answer, Ask, HttpExecuted, HostHttpRequest, HostHttpResponse } from './worker-protocol';

/** What a function run may still take when the host is told to stop; other runs are ended with their process. */
const STOP_LIMITS = { tellMs: 5_000, limitMs: 60_000 };
/** How long connections and the embedded storage may take to close. */
const CLOSE_LIMITS = { tellMs: 5_000, limitMs: 10_000 };

export class Host {
  readonly events = new EventEmitter<HostEvents>();
  readonly #options: HostOptions;
  readonly #listener = new PublicListener();
  readonly #hostHttp = new HostHttp((request) => this.#answerInError(request));
  readonly #keys: KeyRing;
  readonly #instanceId = randomBytes(16).toString('hex').toUpperCase();
  #context: HostContext;
  #admin: AdminApi;
  #bindings: BindingExchange;
  #runner: FunctionRunner | undefined;
  #supervisor: WorkerSupervisor | undefined;
  #triggers: TriggerSet | undefined;
  #functions: readonly IndexedFunction[] | undefined;
  #errors: readonly string[] = [];
  #state: HostState = 'Starting';
  #starting: Promise<void> | undefined;
  #stopped: Promise<void> | undefined;
  #unwatchFirst: () => void = () => undefined;

  constructor(options: HostOptions) {
    this.#options = options;
    fs.mkdirSync(options.stateDir, { recursive: true });
    this.#keys = new KeyRing(options.stateDir, options.key);
    this.#keys.onChange = () => this.#supervisor?.current?.updateKeys(this.#keys.functionKeySets());
    this.#context = this.#createContext(options.loaded.settings);
    this.#bindings = new BindingExchange(options.registry.bindings, this.#context);
    this.#admin = this.#createAdmin();
  }

  get state(): HostState {
    return this.#state;
  }

  /** Why the host is in Error. */
  get errors(): readonly string[] {
    return this.#errors;
  }

  get context(): HostContext {
    return this.#context;
  }

  get functions(): readonly IndexedFunction[] {
    return this.#functions ?? [];
  }

  start(): Promise<void> {
    this.#starting = this.#start();
    return this.#starting;
  }

  async #start(): Promise<void> {
    const { loaded, lock, registry, stateDir, log } = this.#options;
    if (lock.instanceNumber === 1) {
      const port = await this.#listener.listen(loaded.settings.port, this.#options.address);
      lock.note(port);
      this.#context = this.#createContext(withPort(loaded.settings, port));
      this.#bindings = new BindingExchange(registry.bindings, this.#context);
      this.#admin = this.#createAdmin();
    } else this.#unwatchFirst = watchFirstInstance(stateDir, log);
    if (loaded.problem !== undefined) return this.#enterError(loaded.problem);
    await this.#options.prepare?.();
    if (this.#isStopped()) return;
    try {
      const app = await this.#startWorker();
      if (app) await this.#run(app.worker, app.loaded);
    } catch (error) {
      await this.#enterError(error instanceof Error ? error.message : String(error));
    }
  }

  /** Runs a function now, as a trigger would. */
  invoke: HostContext['invoke'] = (fn, invocation) => {
    if (!this.#runner)
      return Promise.resolve({ invocationId: '', durationMs: 0, error: { message: 'Function host is not running.' } });
    return this.#runner.run(fn, invocation);
  };

  /** Resolves when nothing is left; every call waits for the same end. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    const starting = this.#state === 'Starting';
    this.#setState('Stopped');
    this.#listener.close();
    // A start that is under way ends with its worker.
    if (starting) await this.#supervisor?.stop();
    await this.#starting?.catch(() => undefined);
    const triggersEnd = this.#triggers?.stop() ?? Promise.resolve();
    // Only now: a run whose retries are given up here must find its listener stopping.
    this.#runner?.stop();
    const waitsFor = (): string => this.#inHand();
    const ended = await this.#within(triggersEnd, waitsFor, this.#options.stopLimits ?? STOP_LIMITS);
    await this.#supervisor?.stop();
    // Runs end with their process, and their triggers with them.
    if (!ended) await this.#within(triggersEnd, waitsFor, CLOSE_LIMITS);
    await this.#within(this.#bindings.stop(), () => 'the connections of outputs', CLOSE_LIMITS);
    this.#hostHttp.close();
    await this.#within(this.#options.release?.() ?? Promise.resolve(), () => 'the embedded storage', CLOSE_LIMITS);
    this.#unwatchFirst();
    this.#options.lock.release();
  }

  /** Runs first: mostly it is for them that their triggers have not ended. */
  #inHand(): string {
    const runs = this.#runner?.inHand() ?? [];
    if (runs.length > 0) return runs.map(({ name, count }) => `'${name}' (${count} in hand)`).join(', ');
    return (this.#triggers?.ending() ?? []).join(', ') || 'its triggers';
  }

  #within(ended: Promise<unknown>, waitsFor: () => string, limits: EndLimits): Promise<boolean> {
    return endWithin(ended, { ...limits, log: this.#options.log, waitsFor });
  }

  async #startWorker(): Promise<{ worker: AppWorker; loaded: LoadedApp } | undefined> {
    const { settings } = this.#context;
    const { log } = this.#options;
    const supervisor = new WorkerSupervisor({
      appRoot: settings.appRoot,
      hostVersion: settings.hostVersion,
      env: settings.values,
      execArgv: (setting(settings, 'languageWorkers__node__arguments') ?? '')
        .split(/\s+/)
        .filter((argument) => argument !== ''),
      // A process that ended is started again however the app's time goes.
      clock: systemClock,
      log,
      onAsk: (ask) => this.#answer(ask),
      onLog: (record) => log.write(record),
      onHttpExecuted: (executed) => this.#executed(executed),
      onReplaced: async (worker) => {
        await worker.serve(this.#serveConfig());
        this.#routeTo(worker);
      },
      onGivenUp: (reason) => void this.#enterError(reason),
    });
    this.#supervisor = supervisor;
    try {
      const { worker, app } = await supervisor.start();
      return { worker, loaded: app };
    } catch (error) {
      // Given up: already in Error.
      if (this.#errors.length > 0 || this.#state === 'Stopped') return undefined;
      throw error;
    }
  }

  async #run(worker: AppWorker, app: LoadedApp): Promise<void> {
    const { registry, log, clock, only } = this.#options;
    const index = indexFunctions(app.functions, {
      context: this.#context,
      triggers: registry.triggers,
      bindings: registry.bindings,
      only,
    });
    this.#functions = index.functions;
    logStartup(log, index, app, this.#context.settings, only);
    this.events.emit('indexed', index.functions);
    if (index.hostError !== undefined) {
      return this.#enterError(index.hostError);
    }
    const supervisor = this.#supervisor;
    if (!supervisor) return;
    this.#runner = new FunctionRunner({
      clock,
      log,
      bindings: () => this.#bindings,
      worker: () => supervisor.serving(),
      timeoutMs: functionTimeoutMs(this.#context.settings),
      onTimeout: () => supervisor.restart(),
      onExecuted: (fn, outcome) => this.#executed({ functionName: fn.name, ...outcome }),
    });
    log.information('Worker process started and initialized.');
    const runnable = index.functions.filter((fn) => !fn.disabled && fn.error === undefined);
    const triggers = new TriggerSet(registry.extensions, this.#context);
    this.#triggers = triggers;
    await triggers.prepare();
    // A worker that ends just now is replaced by the supervisor, which serves through its successor.
    await worker.serve(this.#serveConfig()).catch(() => undefined);
    supervisor.markServing(worker);
    this.#routeTo(supervisor.current);
    await triggers.start(runnable);
    if (this.#state !== 'Starting') return;
    this.#setState('Running');
    log.information('Job host started');
    log.information(`Host lock lease acquired by instance ID '${this.#instanceId}'.`);
  }

  /** Connections go to this worker until it ends, and then wait for the next. */
  #routeTo(worker: AppWorker | undefined): void {
    if (!worker) return;
    this.#listener.direct((socket) => worker.pass(socket));
    void worker.exited.then(() => {
      if (this.#state === 'Running' || this.#state === 'Starting') this.#listener.direct(undefined);
      for (const socket of worker.takeLostConnections()) this.#listener.accept(socket);
    });
  }

  /** Nothing runs from here on; this process answers every request. */
  async #enterError(message: string): Promise<void> {
    if (this.#state === 'Stopped') return;
    this.#errors = [message];
    this.#options.log.error(`The host is in Error and answers 503: ${message}`);
    this.#setState('Error');
    this.#listener.direct((socket) => this.#hostHttp.accept(socket));
    await this.#triggers?.stop();
    await this.#supervisor?.stop();
    await this.#bindings.stop();
  }

  #isStopped(): boolean {
    return this.#state === 'Stopped';
  }

  #setState(state: HostState): void {
    this.#state = state;
    this.events.emit('stateChanged', state);
  }

  async #answer(ask: Ask): Promise<Answer> {
    if (ask.kind === 'http') return { kind: 'http', response: await this.#admin.handle(ask.request) };
    const fn = this.#find(ask.functionName);
    if (ask.kind === 'inputs') return { kind: 'inputs', inputs: await this.#bindings.readInputs(fn, ask.metadata) };
    await this.#bindings.writeOutputs(fn, ask.outcome, ask.metadata ?? {});
    return { kind: 'outputs' };
  }

  #find(name: string): FunctionDefinition {
    const found = this.#functions?.find((fn) => fn.definition.name === name);
    if (!found) throw new Error(`There is no function '${name}'.`);
    return found.definition;
  }

  #answerInError(request: HostHttpRequest): Promise<HostHttpResponse> {
    if (/^\/admin(\/|$)/i.test(request.url)) return this.#admin.handle(request);
    return Promise.resolve({ status: 503, body: 'Function host is not running.' });
  }

  #executed(executed: Executed | HttpExecuted): void {
    const { functionName, invocationId, durationMs, error } = executed;
    this.events.emit('executed', { functionName, invocationId, durationMs, ...(error ? { error } : {}) });
  }

  #serveConfig() {
    const { loaded, authEnabled } = this.#options;
    return serveConfig({
      functions: this.#functions ?? [],
      bindings: this.#bindings,
      settings: this.#context.settings,
      keys: { authEnabled, masterKey: this.#keys.masterKey, ...this.#keys.functionKeySets() },
      cors: loaded,
    });
  }

  #createContext(settings: HostContext['settings']): HostContext {
    const { clock, log, stateDir, lock } = this.#options;
    return {
      settings,
      clock,
      log,
      stateDir,
      instanceNumber: lock.instanceNumber,
      instanceId: this.#instanceId,
      invoke: this.invoke,
      systemKey: (extension) => this.#keys.systemKey(extension),
    };
  }

  #createAdmin(): AdminApi {
    const { authEnabled, registry } = this.#options;
    // eslint-disable-next-line @typescript-eslint/no-this-alias -- the view below reads the host's current fields
    const host = this;
    return new AdminApi({
      context: this.#context,
      keys: this.#keys,
      authEnabled,
      extensions: registry.extensions,
      get state() {
        return host.#state;
      },
      get errors() {
        return host.#errors;
      },
      get functions() {
        return host.#functions;
      },
    });
  }
}
