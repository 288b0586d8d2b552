/**
 * From what the app registered to what the host runs: names, binding types and each trigger's own checks. A function in
 * error stays in the list and does not run; some errors put the whole host in Error, as on the real host.
 */
import { triggerOf } from './function-definition';
import type { BindingDefinition, FunctionDefinition } from './function-definition';
import { FunctionIndexingError, HostStartError } from './plugin';
import type { BindingPlugin, HostContext, TriggerPlugin } from './plugin';
import { setting } from './settings/host-settings';
import { compareIgnoringCase } from './triggers/http/route-table';

export interface IndexedFunction {
  readonly definition: FunctionDefinition;
  readonly disabled: boolean;
  /** Why it cannot run. */
  readonly error?: string;
  readonly trigger: BindingDefinition;
  readonly plugin: TriggerPlugin | undefined;
}

export interface AppIndex {
  /** Ordered by name, ignoring case. */
  readonly functions: readonly IndexedFunction[];
  /** Lines for the log about functions that cannot run. */
  readonly errors: readonly string[];
  /** Set when the whole host is in Error. */
  readonly hostError: string | undefined;
}

const VALID_NAME = /^[a-zA-Z][a-zA-Z0-9_-]{0,127}$/;

export interface IndexingOptions {
  readonly context: HostContext;
  readonly triggers: readonly TriggerPlugin[];
  readonly bindings: readonly BindingPlugin[];
  /** Only these functions, names compared without case; all when empty. */
  readonly only: readonly string[];
}

export function indexFunctions(definitions: readonly FunctionDefinition[], options: IndexingOptions): AppIndex {
  const errors: string[] = [];
  const functions: IndexedFunction[] = [];
  let hostError: string | undefined;
  const seen = new Set<string>();
  for (const definition of [...definitions].sort((a, b) => compareIgnoringCase(a.name, b.name))) {
    const { name } = definition;
    if (options.only.length > 0 && !options.only.some((wanted) => wanted.toLowerCase() === name.toLowerCase()))
      continue;
    const trigger = triggerOf(definition);
    if (!VALID_NAME.test(name)) {
      errors.push(
        `The '${name}' function is in error: '${name}' is not a valid function name. Names begin with a letter and hold letters, digits, '_' and '-' only.`,
      );
      continue;
    }
    if (!trigger) {
      errors.push(
        `The '${name}' function is in error: No trigger binding specified. A function must have a trigger input binding.`,
      );
      continue;
    }
    if (seen.has(name.toLowerCase()))
      hostError ??= `Two functions are named '${name}' when case is ignored. The Functions host cannot start with both; rename one.`;
    seen.add(name.toLowerCase());
    const plugin = options.triggers.find((candidate) => candidate.type === trigger.type.toLowerCase());
    const base = { definition, disabled: isDisabled(definition, options.context), trigger, plugin };
    try {
      checkBindingTypes(definition, options);
      if (!base.disabled) plugin?.check?.(definition, trigger, options.context);
      functions.push(base);
    } catch (error) {
      if (error instanceof HostStartError) {
        errors.push(indexingError(name, error.message));
        hostError ??= error.message;
      } else if (error instanceof BindingTypeError) errors.push(`The '${name}' function is in error: ${error.message}`);
      else errors.push(indexingError(name, error instanceof Error ? error.message : String(error)));
      functions.push({ ...base, error: error instanceof Error ? error.message : String(error) });
    }
  }
  return { functions, errors, hostError };
}

function indexingError(name: string, message: string): string {
  return `Error indexing method 'Functions.${name}'. ${message}`;
}

class BindingTypeError extends FunctionIndexingError {}

function checkBindingTypes(fn: FunctionDefinition, { triggers, bindings }: IndexingOptions): void {
  const known = new Set([...triggers, ...bindings].map((plugin) => plugin.type.toLowerCase()));
  const unknown = fn.bindings
    .filter((binding) => !known.has(binding.type.toLowerCase()))
    .map((binding) => `'${binding.type}'`);
  if (unknown.length > 0)
    throw new BindingTypeError(
      `The binding type(s) ${unknown.join(', ')} were not found in the configured extension bundle. Please ensure the type is correct and the correct version of extension bundle is configured.`,
    );
}

function isDisabled(fn: FunctionDefinition, { settings }: HostContext): boolean {
  const value =
    setting(settings, `AzureWebJobs.${fn.name}.Disabled`) ?? setting(settings, `AzureWebJobs_${fn.name}_Disabled`);
  return value !== undefined && /^(1|true)$/i.test(value.trim());
}
