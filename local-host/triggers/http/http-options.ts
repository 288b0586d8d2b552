import type { BindingDefinition, FunctionDefinition } from '../../function-definition';

export type AuthLevel = 'anonymous' | 'function' | 'admin';

/** The HTTP trigger of a function as the host reads it. */
export interface HttpOptions {
  /** Without the prefix; the function's name when the app gives none. */
  readonly route: string;
  /** Upper case; empty for every method. */
  readonly methods: readonly string[];
  readonly authLevel: AuthLevel;
}

export function httpTriggerOf(fn: FunctionDefinition): BindingDefinition | undefined {
  return fn.bindings.find((binding) => binding.type.toLowerCase() === 'httptrigger');
}

/** Anything but `anonymous` and `admin` asks for a function key, as on the real host. */
export function httpOptions(fn: FunctionDefinition, binding: BindingDefinition): HttpOptions {
  const level = typeof binding['authLevel'] === 'string' ? binding['authLevel'].toLowerCase() : 'function';
  const methods = Array.isArray(binding['methods']) ? binding['methods'].filter((m) => typeof m === 'string') : [];
  const route = typeof binding['route'] === 'string' ? binding['route'] : '';
  return {
    route: route.trim() === '' ? fn.name : route,
    methods: methods.map((method) => method.toUpperCase()),
    authLevel: level === 'anonymous' || level === 'admin' ? level : 'function',
  };
}

/** Route with its prefix, as the host maps and prints it. */
export function fullRoute(routePrefix: string, route: string): string {
  return routePrefix === '' ? route : `${routePrefix}/${route}`;
}

/** `admin…` and `runtime…` belong to the host; the real host answers 404 for functions that claim them. */
export function isReservedRoute(route: string): boolean {
  return /^\/?(admin|runtime)/i.test(route.trim());
}
