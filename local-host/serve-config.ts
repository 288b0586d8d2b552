import type { BindingExchange } from './binding-exchange';
import type { BindingDefinition, FunctionDefinition } from './function-definition';
import type { IndexedFunction } from './indexing';
import { functionTimeoutMs } from './settings/function-timeout';
import { resolveSettings } from './settings/host-settings';
import type { HostSettings } from './settings/host-settings';
import { bodyLimitOf, routePrefixOf } from './settings/http-settings';
import type { Keys } from './triggers/http/authorization';
import type { CorsRules } from './triggers/http/cors';
import { httpTriggerOf } from './triggers/http/http-options';
import type { ServeConfig, ServedFunction } from './worker-protocol';

/** Everything the worker needs to serve HTTP without asking. Functions in error are left out. */
export function serveConfig(parts: {
  readonly functions: readonly IndexedFunction[];
  readonly bindings: BindingExchange;
  readonly settings: HostSettings;
  readonly keys: Keys;
  readonly cors: CorsRules;
}): ServeConfig {
  const { functions, bindings, settings, keys, cors } = parts;
  const timeoutMs = functionTimeoutMs(settings);
  return {
    functions: functions
      .filter((fn) => fn.error === undefined && httpTriggerOf(fn.definition))
      .map((fn) => served(fn, bindings, settings)),
    routePrefix: routePrefixOf(settings),
    ...keys,
    corsOrigins: cors.corsOrigins,
    corsCredentials: cors.corsCredentials,
    maxRequestBodyBytes: bodyLimitOf(settings),
    port: settings.port,
    ...(timeoutMs === undefined ? {} : { functionTimeoutMs: timeoutMs }),
  };
}

function served(
  { definition, disabled }: IndexedFunction,
  bindings: BindingExchange,
  settings: HostSettings,
): ServedFunction {
  return {
    definition: withResolvedRoute(definition, settings),
    disabled,
    constantInputs: bindings.constantInputs(definition),
    asksForInputs: bindings.asksForInputs(definition),
    hasOutputs: bindings.hasOutputs(definition),
  };
}

/** The function with `%SETTING%` in its route replaced. */
export function withResolvedRoute(definition: FunctionDefinition, settings: HostSettings): FunctionDefinition {
  const bindings = definition.bindings.map((binding): BindingDefinition =>
    typeof binding['route'] === 'string' ? { ...binding, route: resolveSettings(settings, binding['route']) } : binding,
  );
  return { ...definition, bindings };
}
