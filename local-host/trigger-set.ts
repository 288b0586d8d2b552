/**
 * Everything that can start a function by itself: the extensions and one listener for each triggered function. Started
 * together, stopped together; what starts while it is being stopped is stopped too.
 */
import type { IndexedFunction } from './indexing';
import type { HostContext, HostExtension, Listener } from './plugin';

export class TriggerSet {
  readonly #extensions: readonly HostExtension[];
  readonly #context: HostContext;
  readonly #started: HostExtension[] = [];
  readonly #listeners: { readonly name: string; readonly listener: Listener }[] = [];
  readonly #ending = new Set<string>();
  #stopped = false;

  constructor(extensions: readonly HostExtension[], context: HostContext) {
    this.#extensions = extensions;
    this.#context = context;
  }

  /** Before bindings are asked for their constant inputs. */
  async prepare(): Promise<void> {
    for (const extension of this.#extensions) {
      if (this.#stopped) return;
      this.#started.push(extension);
      await extension.prepare?.(this.#context);
    }
  }

  /** Starts the extensions, then the listeners. A listener that cannot start leaves the others running. */
  async start(functions: readonly IndexedFunction[]): Promise<void> {
    const definitions = functions.map((fn) => fn.definition);
    for (const extension of this.#extensions) if (!this.#stopped) await extension.start(definitions, this.#context);
    for (const { definition, trigger, plugin } of functions) {
      if (this.#stopped || !plugin?.start) continue;
      try {
        const listener = await plugin.start(definition, trigger, this.#context);
        this.#listeners.push({ name: `the trigger of '${definition.name}'`, listener });
      } catch (error) {
        this.#context.log.error(
          `The listener for function 'Functions.${definition.name}' was unable to start. ${messageOf(error)}`,
        );
      }
    }
    if (this.#stopped) await this.stop();
  }

  /** Listeners first, so that extensions get no more work. One part that fails to stop does not keep the others running. */
  async stop(): Promise<void> {
    this.#stopped = true;
    const listeners = this.#listeners.splice(0);
    await Promise.all(listeners.map(({ name, listener }) => this.#attempt(name, () => listener.stop())));
    for (const extension of this.#started.splice(0)) await this.#attempt(nameOf(extension), () => extension.stop());
  }

  /** Parts that were told to stop and have not ended yet. */
  ending(): string[] {
    return [...this.#ending];
  }

  async #attempt(name: string, stop: () => Promise<void>): Promise<void> {
    this.#ending.add(name);
    try {
      await stop();
    } catch (error) {
      this.#context.log.error(`A trigger failed to stop: ${messageOf(error)}`);
    } finally {
      this.#ending.delete(name);
    }
  }
}

function nameOf({ triggers }: HostExtension): string {
  return triggers[0] ? `the extension of ${triggers[0].type}` : 'an extension';
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
