import type { BindingDefinition } from '../function-definition';
import { FunctionIndexingError } from '../plugin';
import { resolveSettings, setting, type HostSettings } from '../settings/host-settings';

type Values = Pick<HostSettings, 'values'>;

/** The value of a connection string or app setting of this name; undefined when it is absent or empty. */
export function connectionSetting(settings: Values, name: string): string | undefined {
  const value =
    setting(settings, `ConnectionStrings:${name}`) ??
    setting(settings, `ConnectionStrings__${name}`) ??
    setting(settings, name);
  return value === undefined || value.trim() === '' ? undefined : value;
}

/**
 * An option of a binding with `%NAME%` filled in; undefined when it is absent or empty.
 * @throws FunctionIndexingError when it is no text, or names a setting that is absent
 */
export function bindingText(settings: Values, binding: BindingDefinition, option: string): string | undefined {
  const value = binding[option];
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value !== 'string')
    throw new FunctionIndexingError(`'${option}' of binding '${binding.name}' is ${typeof value}; it must be text.`);
  try {
    return resolveSettings(settings, value);
  } catch (error) {
    throw new FunctionIndexingError(`'${option}' of binding '${binding.name}': ${(error as Error).message}`);
  }
}

/** As {@link bindingText}. @throws FunctionIndexingError also when it is absent */
export function requiredText(settings: Values, binding: BindingDefinition, option: string): string {
  const value = bindingText(settings, binding, option);
  if (value === undefined) throw new FunctionIndexingError(`Binding '${binding.name}' has no '${option}'.`);
  return value;
}
