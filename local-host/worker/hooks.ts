import type { HookCallback } from './programming-model';

const HOOK_NAMES = ['preInvocation', 'postInvocation', 'appStart', 'appTerminate', 'log'] as const;
export type HookName = (typeof HOOK_NAMES)[number];

/** The hooks that the app registered, run in order of registration. */
export class Hooks {
  readonly #callbacks = new Map<HookName, HookCallback[]>();
  /** Shared by all hooks of the app (`appHookData` of the core protocol). */
  readonly appHookData: Record<string, unknown> = {};

  /** @throws RangeError that the library turns into "needs a newer host" for a name this host does not know */
  register(name: string, callback: HookCallback): () => void {
    const known = HOOK_NAMES.find((candidate) => candidate === name);
    if (!known)
      throw Object.assign(new RangeError(`Unrecognized hook "${name}"`), { isAzureFunctionsSystemError: true });
    const list = this.#callbacks.get(known) ?? [];
    list.push(callback);
    this.#callbacks.set(known, list);
    return () => void list.splice(list.indexOf(callback), list.includes(callback) ? 1 : 0);
  }

  has(name: HookName): boolean {
    return (this.#callbacks.get(name)?.length ?? 0) > 0;
  }

  async run(name: HookName, context: Record<string, unknown>): Promise<void> {
    for (const callback of [...(this.#callbacks.get(name) ?? [])]) await callback(context);
  }

  runSync(name: HookName, context: Record<string, unknown>): void {
    for (const callback of [...(this.#callbacks.get(name) ?? [])]) callback(context);
  }
}
