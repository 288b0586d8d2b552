import type { BindingDefinition, FunctionDefinition } from './function-definition';
import type { BindingPlugin, HostContext } from './plugin';
import type { RpcData } from './rpc-data';
import type { InvocationOutcome, NamedData } from './worker-protocol';

type Metadata = Readonly<Record<string, RpcData>>;

/** Reads a function's input bindings and writes its output bindings, through the plugins of their types. */
export class BindingExchange {
  readonly #plugins: ReadonlyMap<string, BindingPlugin>;
  readonly #context: HostContext;

  constructor(plugins: readonly BindingPlugin[], context: HostContext) {
    this.#plugins = new Map(plugins.map((plugin) => [plugin.type.toLowerCase(), plugin]));
    this.#context = context;
  }

  constantInputs(fn: FunctionDefinition): NamedData[] {
    return inputsOf(fn).flatMap((binding) => {
      const data = this.#plugin(binding)?.constantInput?.(fn, binding, this.#context);
      return data ? [{ name: binding.name, data }] : [];
    });
  }

  asksForInputs(fn: FunctionDefinition): boolean {
    return inputsOf(fn).some((binding) => this.#plugin(binding)?.input !== undefined);
  }

  hasOutputs(fn: FunctionDefinition): boolean {
    return outputsOf(fn).some((binding) => this.#plugin(binding)?.output !== undefined);
  }

  /** Inputs that are read anew for each invocation. */
  async readInputs(fn: FunctionDefinition, metadata: Metadata): Promise<NamedData[]> {
    const read = inputsOf(fn).map(async (binding): Promise<NamedData[]> => {
      const plugin = this.#plugin(binding);
      return plugin?.input ? [{ name: binding.name, data: await plugin.input(binding, metadata, this.#context) }] : [];
    });
    return (await Promise.all(read)).flat();
  }

  /** Writes everything the function returned; rejects when one write fails. */
  async writeOutputs(fn: FunctionDefinition, outcome: InvocationOutcome, metadata: Metadata): Promise<void> {
    for (const binding of outputsOf(fn)) {
      const plugin = this.#plugin(binding);
      const data =
        binding.name === '$return'
          ? outcome.returnValue
          : outcome.outputData?.find((output) => output.name === binding.name)?.data;
      if (plugin?.output && data) await plugin.output(binding, data, metadata, this.#context);
    }
  }

  /** Closes what the bindings keep open. One that fails to close does not keep the others open. */
  async stop(): Promise<void> {
    const closing = [...this.#plugins.values()].map(async (plugin) => plugin.stop?.(this.#context));
    await Promise.allSettled(closing);
  }

  #plugin(binding: BindingDefinition): BindingPlugin | undefined {
    return this.#plugins.get(binding.type.toLowerCase());
  }
}

function isTrigger(binding: BindingDefinition): boolean {
  return binding.type.toLowerCase().endsWith('trigger');
}

function inputsOf(fn: FunctionDefinition): BindingDefinition[] {
  return fn.bindings.filter((binding) => binding.direction === 'in' && !isTrigger(binding));
}

function outputsOf(fn: FunctionDefinition): BindingDefinition[] {
  return fn.bindings.filter((binding) => binding.direction === 'out');
}
