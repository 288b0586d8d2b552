/** The durable extension with just enough of a host around it: an app in a thread, a clock, a folder for state. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { systemClock, type Clock } from '../../../../local-host/clock';
import {
  createDurableExtension,
  type DurableExtension,
  type EngineOptions,
  type InstanceRow,
} from '../../../../local-host/durable';
import { triggerOf } from '../../../../local-host/function-definition';
import { createLog } from '../../../../local-host/log';
import type { HostContext, Invocation } from '../../../../local-host/plugin';
import type { HostHttpResponse, InvocationOutcome, LogRecord } from '../../../../local-host/worker-protocol';
import type { FunctionDefinition } from '../../../../local-host/function-definition';
import type { ThreadReady, ThreadReply } from './thread-messages';

export interface DurableHostOptions {
  /** Name of a file under `apps`, without its ending. */
  readonly app?: string;
  readonly stateDir?: string;
  readonly clock?: Clock;
  /** For the app's process. */
  readonly env?: Record<string, string>;
  readonly engine?: EngineOptions;
  readonly durableTask?: Record<string, unknown>;
  /** Settings of the app, as the host sees them. */
  readonly values?: Record<string, string>;
  /** Where packages of the app are looked for. @default the tests' own folder */
  readonly appRoot?: string;
  /** Called before each invocation; may delay it or answer in its place. */
  readonly intercept?: (fn: FunctionDefinition, invocation: Invocation) => Promise<InvocationOutcome | undefined>;
}

export interface DurableHost {
  readonly extension: DurableExtension;
  readonly logs: LogRecord[];
  readonly invocations: { name: string; input: unknown }[];
  start(name: string, input?: unknown, id?: string): Promise<string>;
  /** Starts, waits for the end, and gives the parsed output. */
  run(name: string, input?: unknown, id?: string): Promise<{ status: string; output: unknown; row: InstanceRow }>;
  ended(id: string): Promise<{ status: string; output: unknown; row: InstanceRow }>;
  call(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<HostHttpResponse & { json: unknown }>;
  /** Lets the engine settle: every write and turn that is under way has ended. */
  stop(): Promise<void>;
}

export function temporaryFolder(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'durable-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

export async function startDurable(options: DurableHostOptions = {}): Promise<DurableHost> {
  const folder = options.stateDir === undefined ? temporaryFolder() : undefined;
  const worker = new Worker(join(__dirname, 'app-thread.js'), {
    env: { ...process.env, ...options.env },
    workerData: { appFile: join(__dirname, 'apps', options.app ?? 'sample-app'), websiteHostname: 'localhost:7071' },
  });
  const ready = await new Promise<ThreadReady>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  const waiting = new Map<number, (outcome: InvocationOutcome) => void>();
  worker.on('message', ({ id, outcome }: ThreadReply) => {
    waiting.get(id)?.(outcome);
    waiting.delete(id);
  });
  const exited = new Promise((resolve) => worker.once('exit', resolve));
  const extension = createDurableExtension(options.engine);
  const logs: LogRecord[] = [];
  const invocations: { name: string; input: unknown }[] = [];
  let next = 0;
  const context: HostContext = {
    settings: {
      appRoot: options.appRoot ?? __dirname,
      values: options.values ?? {},
      hostJson: { version: '2.0', extensions: { durableTask: { hubName: 'TestHub', ...options.durableTask } } },
      hostId: 'test',
      hostVersion: '4.0.0',
      port: 7071,
    },
    clock: options.clock ?? systemClock,
    log: createLog((record) => logs.push(record)),
    instanceId: 'test',
    instanceNumber: 1,
    stateDir: options.stateDir ?? folder!.path,
    systemKey: () => 'key',
    async invoke(fn, invocation) {
      invocations.push({ name: fn.name, input: invocation.input });
      const answer = await options.intercept?.(fn, invocation);
      if (answer) return answer;
      const id = next++;
      const extraInputs = fn.bindings.flatMap((b) => {
        const data = extension.bindings.find((p) => p.type === b.type.toLowerCase())?.constantInput?.(fn, b, context);
        return data ? [{ name: b.name, data }] : [];
      });
      return new Promise((resolve) => {
        waiting.set(id, resolve);
        worker.postMessage({
          id,
          name: fn.name,
          triggerName: triggerOf(fn)!.name,
          input: invocation.input,
          triggerMetadata: invocation.triggerMetadata ?? {},
          extraInputs,
        });
      });
    },
  };
  await extension.prepare?.(context);
  await extension.start(ready.functions, context);

  const ended = async (id: string): Promise<{ status: string; output: unknown; row: InstanceRow }> => {
    const row = await extension.waitForInstance(id);
    return { status: row.status, output: row.output === undefined ? undefined : JSON.parse(row.output), row };
  };
  const start = (name: string, input?: unknown, id?: string): Promise<string> =>
    extension.client.start(name, { id, input: JSON.stringify(input ?? null) });
  return {
    extension,
    logs,
    invocations,
    start,
    ended,
    run: async (name, input, id) => ended(await start(name, input, id)),
    async call(method, path, body, headers = {}) {
      const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
      const contentType = body === undefined ? {} : { 'content-type': 'application/json' };
      const response = await extension.handleHttp!({
        method,
        url: `/runtime/webhooks/durabletask${path}`,
        headers: { host: 'localhost:7071', ...contentType, ...headers },
        body: Buffer.from(text),
      });
      if (!response) throw new Error(`No answer to ${method} ${path}`);
      const answer = response.body;
      return { ...response, json: typeof answer === 'string' && answer !== '' ? JSON.parse(answer) : undefined };
    },
    async stop() {
      await extension.stop();
      worker.postMessage('stop');
      await exited;
      folder?.remove();
    },
  };
}
