/**
 * The host's side of one worker process, from fork to exit. Restarting is the supervisor's business.
 */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { FunctionDefinition } from './function-definition';
import type {
  Answer,
  Ask,
  FromWorker,
  HttpExecuted,
  InvocationOutcome,
  InvocationRequest,
  LogRecord,
  RpcError,
  ServeConfig,
  ToWorker,
} from './worker-protocol';

export interface LoadedApp {
  readonly functions: readonly FunctionDefinition[];
  readonly capabilities: Readonly<Record<string, string>>;
  readonly error?: RpcError;
}

export interface WorkerExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface AppWorkerOptions {
  readonly appRoot: string;
  readonly hostVersion: string;
  readonly env: Readonly<Record<string, string>>;
  /** Options for Node, for example `--inspect`. */
  readonly execArgv: readonly string[];
  readonly onAsk: (ask: Ask) => Promise<Answer>;
  readonly onLog: (record: LogRecord) => void;
  readonly onHttpExecuted: (executed: HttpExecuted) => void;
}

/** How long the app may take to finish what it is doing when the host stops. */
const DRAIN_MS = 5_000;
const STOP_MS = 3_000;
/** How long output may come after the end of the process. */
const OUTPUT_MS = 500;

export class AppWorker {
  /** Resolves when the process is gone; never rejects. */
  readonly exited: Promise<WorkerExit>;
  readonly #options: AppWorkerOptions;
  readonly #child: ChildProcess;
  readonly #invocations = new Map<string, (outcome: InvocationOutcome) => void>();
  readonly #expected = new Map<FromWorker['type'], (message: FromWorker) => void>();
  readonly #passing = new Map<number, Socket>();
  #nextConnection = 1;
  #loaded = false;
  #exit: WorkerExit | undefined;

  constructor(options: AppWorkerOptions) {
    this.#options = options;
    this.#child = fork(path.join(__dirname, 'worker', 'main.js'), [], {
      cwd: options.appRoot,
      env: { ...options.env },
      execArgv: [...options.execArgv],
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.exited = new Promise((resolve) => {
      const ended = (exit: WorkerExit): void => {
        if (this.#exit) return;
        this.#exit = exit;
        this.#failAll(exit);
        resolve(exit);
      };
      // `close` comes after the last line of output and the last message; but never while a process that the app started
      // holds the output open.
      this.#child.once('close', (code, signal) => ended({ code, signal }));
      this.#child.once('exit', (code, signal) => setTimeout(() => ended({ code, signal }), OUTPUT_MS).unref());
      this.#child.once('error', () => ended({ code: null, signal: null }));
    });
    this.#child.on('message', (message) => this.#receive(message as FromWorker));
    this.#forward(this.#child.stdout, () => 'information');
    this.#forward(this.#child.stderr, (line) => (/warn/i.test(line) ? 'warning' : 'error'));
  }

  get hasExited(): boolean {
    return this.#exit !== undefined;
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** @throws Error when the process ends before the app is loaded */
  async load(): Promise<LoadedApp> {
    const loading = this.#expect('loaded');
    this.#send({ type: 'load', appRoot: this.#options.appRoot, hostVersion: this.#options.hostVersion });
    const loaded = await loading;
    this.#loaded = true;
    return loaded;
  }

  async serve(config: ServeConfig): Promise<void> {
    const serving = this.#expect('serving');
    this.#send({ type: 'serve', config });
    await serving;
  }

  updateKeys(keys: Pick<ServeConfig, 'hostKeys' | 'functionKeys'>): void {
    this.#send({ type: 'keys', ...keys });
  }

  /** Hands a connection over. Until the worker confirms, it can come back through `takeLostConnections`. */
  pass(socket: Socket): void {
    const connectionId = this.#nextConnection++;
    this.#passing.set(connectionId, socket);
    const message: ToWorker = { type: 'connection', connectionId };
    if (this.#child.connected) this.#child.send(message, socket, { keepOpen: true }, () => undefined);
  }

  /** After the end of the process: connections that it never got. */
  takeLostConnections(): Socket[] {
    const lost = [...this.#passing.values()];
    this.#passing.clear();
    return lost;
  }

  /** Never rejects; the end of the process is an outcome with an error. */
  invoke(functionName: string, request: InvocationRequest): Promise<InvocationOutcome> {
    return new Promise((resolve) => {
      if (this.#exit) return void resolve(exitOutcome(request.invocationId, this.#exit));
      this.#invocations.set(request.invocationId, resolve);
      this.#send({ type: 'invoke', functionName, request });
    });
  }

  /** Lets HTTP requests finish, runs appTerminate hooks, ends the process; kills it when that takes too long. */
  async stop(): Promise<void> {
    if (this.#loaded) await this.#stopGently();
    this.kill();
    await this.exited;
  }

  kill(): void {
    if (!this.#exit) this.#child.kill('SIGKILL');
  }

  async #stopGently(): Promise<void> {
    const drained = this.#expect('drained').catch(() => undefined);
    this.#send({ type: 'drain' });
    await this.#within(DRAIN_MS, drained);
    this.#send({ type: 'stop' });
    await this.#within(STOP_MS, this.exited);
  }

  async #within(ms: number, done: Promise<unknown>): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)));
    await Promise.race([done, late]);
    clearTimeout(timer);
  }

  #send(message: ToWorker): void {
    if (this.#child.connected) this.#child.send(message, undefined, {}, () => undefined);
  }

  #expect<T extends 'loaded' | 'serving' | 'drained'>(type: T): Promise<FromWorker & { type: T }> {
    return new Promise((resolve, reject) => {
      if (this.#exit) return void reject(new Error(describeExit(this.#exit)));
      this.#expected.set(type, (message) => resolve(message as FromWorker & { type: T }));
      void this.exited.then((exit) => reject(new Error(describeExit(exit))));
    });
  }

  #receive(message: FromWorker): void {
    switch (message.type) {
      case 'invoked':
        this.#invocations.get(message.outcome.invocationId)?.(message.outcome);
        this.#invocations.delete(message.outcome.invocationId);
        return;
      case 'ask':
        return void this.#options
          .onAsk(message.ask)
          .catch((error: unknown): Answer => ({
            kind: 'error',
            message: error instanceof Error ? error.message : String(error),
          }))
          .then((answer) => this.#send({ type: 'answer', askId: message.askId, answer }));
      case 'log':
        for (const record of message.records) this.#options.onLog(record);
        for (const executed of message.executed) this.#options.onHttpExecuted(executed);
        return;
      case 'accepted':
        // Only this process's handle closes; the worker has its own.
        this.#passing.get(message.connectionId)?.destroy();
        this.#passing.delete(message.connectionId);
        return;
      case 'ready':
      case 'loaded':
      case 'serving':
      case 'drained':
        this.#expected.get(message.type)?.(message);
        this.#expected.delete(message.type);
    }
  }

  #failAll(exit: WorkerExit): void {
    for (const [invocationId, resolve] of this.#invocations) resolve(exitOutcome(invocationId, exit));
    this.#invocations.clear();
  }

  #forward(stream: Readable | null, level: (line: string) => LogRecord['level']): void {
    if (!stream) return;
    createInterface({ input: stream, crlfDelay: Infinity }).on('line', (message) =>
      this.#options.onLog({ time: Date.now(), level: level(message), category: 'user', message }),
    );
  }
}

/** The real host's words for a worker that is gone. */
export function describeExit({ code, signal }: WorkerExit): string {
  return signal ? `node was ended by signal ${signal}` : `node exited with code ${code ?? 'unknown'}`;
}

function exitOutcome(invocationId: string, exit: WorkerExit): InvocationOutcome {
  return {
    invocationId,
    durationMs: 0,
    lost: true,
    error: { message: `The worker process ended while the function ran: ${describeExit(exit)}.` },
  };
}
