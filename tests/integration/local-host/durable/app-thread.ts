/** Runs a v4-model app in a thread of its own, without the host: registers its functions and runs them when asked. */
import Module from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import { markRepeatedTasks } from '../../../../local-host/durable/wire/repeated-tasks';
import type { RpcData } from '../../../../local-host/rpc-data';
import type { ThreadReply, ThreadRequest } from './thread-messages';

interface Model {
  getInvocationModel(core: unknown): Promise<{
    getArguments(): Promise<{ context: unknown; inputs: unknown[] }>;
    invokeFunction(context: unknown, inputs: unknown[], callback: unknown): Promise<unknown>;
    getResponse(context: unknown, result: unknown): Promise<{ returnValue?: RpcData }>;
  }>;
}

const callbacks = new Map<string, { metadata: { name: string; bindings: object }; callback: unknown }>();
let model: Model | undefined;

const core = {
  version: '4.0.0',
  hostVersion: '4.0.0',
  registerFunction(metadata: { name: string; bindings: object }, callback: unknown) {
    callbacks.set(metadata.name, { metadata, callback });
    return { dispose: () => undefined };
  },
  registerHook: () => ({ dispose: () => undefined }),
  setProgrammingModel: (m: Model) => (model = m),
  getProgrammingModel: () => model,
  log: () => undefined,
  Disposable: class {
    readonly dispose = (): void => undefined;
  },
};

const prototype = Module.prototype as unknown as { require: (this: unknown, id: string) => unknown };
const original = prototype.require;
prototype.require = function (id: string): unknown {
  return id === '@azure/functions-core' ? core : original.call(this, id);
};

async function run({
  name,
  input,
  triggerName,
  triggerMetadata,
  extraInputs,
}: ThreadRequest): Promise<Omit<ThreadReply, 'id'>> {
  const fn = callbacks.get(name)!;
  try {
    const invocation = await model!.getInvocationModel({
      invocationId: '00000000-0000-0000-0000-000000000000',
      metadata: fn.metadata,
      request: {
        invocationId: '00000000-0000-0000-0000-000000000000',
        functionId: name,
        inputData: [{ name: triggerName, data: input }, ...extraInputs],
        triggerMetadata,
      },
      log: () => undefined,
    });
    const { context, inputs } = await invocation.getArguments();
    const result = await invocation.invokeFunction(context, inputs, fn.callback);
    markRepeatedTasks(result);
    const { returnValue } = await invocation.getResponse(context, result);
    return { outcome: { invocationId: '', durationMs: 0, ...(returnValue ? { returnValue } : {}) } };
  } catch (error) {
    const { message, stack, name: type } = error instanceof Error ? error : new Error(String(error));
    return { outcome: { invocationId: '', durationMs: 0, error: { message, type, ...(stack ? { stack } : {}) } } };
  }
}

const { appFile, websiteHostname } = workerData as { appFile: string; websiteHostname: string };
process.env['WEBSITE_HOSTNAME'] = websiteHostname;
// After the patch, or the library finds no host.
require(appFile);
const port = parentPort!;
port.on('message', (request: ThreadRequest | 'stop') => {
  if (request === 'stop') return void port.close();
  void run(request).then((reply) => port.postMessage({ ...reply, id: request.id }));
});
const functions = [...callbacks.values()].map(({ metadata }) => ({
  name: metadata.name,
  functionId: metadata.name,
  bindings: Object.entries(metadata.bindings).map(([name, binding]) => ({ ...(binding as object), name })),
}));
port.postMessage({ functions: JSON.parse(JSON.stringify(functions)) });
